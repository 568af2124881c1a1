using Flair.Gdal;
using Flair.Models;
using Flair.Patches;
using Flair.Settings;

namespace Flair.Tests.Patches;

public sealed class PatchChecksTests : IDisposable
{
    private readonly PatchFolder _folder = new();

    public PatchChecksTests()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            _folder.Image($"{name}.tif");
            _folder.Mask($"{name}_m.tif", values: [2, 3, 3]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void GoodPatchesAreSummedUp()
    {
        _folder.List("train.csv", "a.tif,a_m.tif", "b.tif,b_m.tif", "b.tif,b_m.tif");
        _folder.List("val.csv", "c.tif,c_m.tif", "a.tif,a_m.tif");
        var calls = new List<(int, int)>();
        var summaries = PatchChecks.Run([_folder.Demand("train.csv"), _folder.Demand("val.csv")], (done, all) => calls.Add((done, all)), CancellationToken.None);

        Assert.Equal([("train.csv", 3, 32, 32), ("val.csv", 2, 32, 32)], summaries.Select(s => (s.Csv, s.Count, s.Width, s.Height)));
        Assert.Equal([3 * 1021L, 3, 6], summaries[0].PixelsOfClass);
        Assert.Equal([2 * 1021L, 2, 4], summaries[1].PixelsOfClass);
        Assert.Equal(Enumerable.Range(1, 5).Select(done => (done, 5)), calls);
    }

    [Fact]
    public void AllThatIsWrongIsSaidAtOnceInTheOrderOfTheLists()
    {
        _folder.Image("two_bands.tif", bands: 2);
        _folder.Image("odd.tif", 48, 32);
        _folder.Mask("odd_m.tif", 48, 32);
        _folder.Image("large.tif", 64, 64);
        _folder.Mask("large_m.tif", 64, 64);
        _folder.Mask("outside_m.tif", values: [0, 4, 4, 255]);
        _folder.Write("deep_m.tif", 32, 32, 1, GdalType.UInt16, new byte[1024]);
        File.WriteAllText(_folder.At("text.tif"), "no raster");
        File.WriteAllBytes(_folder.At("cut.tif"), File.ReadAllBytes(_folder.At("a.tif"))[..^1500]);
        _folder.List("train.csv", "a.tif,a_m.tif", "no.tif,no_m.tif", "two_bands.tif,a_m.tif", "odd.tif,odd_m.tif", "large.tif,large_m.tif", "b.tif,odd_m.tif", "b.tif,outside_m.tif", "b.tif,deep_m.tif", "b.tif");
        _folder.List("val.csv", "cut.tif,text.tif");

        var errors = _folder.ErrorsOf(_folder.Demand("train.csv"), _folder.Demand("val.csv"));
        Assert.Equal(
            [
                "train.csv:2: the image no.tif does not exist",
                "train.csv:2: the mask no_m.tif does not exist",
                "train.csv:3: the image two_bands.tif has 2 bands and channels asks for band 3",
                "train.csv:4: the image odd.tif is 48 × 32; the network takes multiples of 32",
                "train.csv:5: the image large.tif is 64 × 64 where most are 32 × 32; the patches of a batch have one size",
                "train.csv:6: the image b.tif is 32 × 32 and its mask odd_m.tif is 48 × 32; they must match pixel for pixel",
                "train.csv:7: the mask outside_m.tif has values outside the classes: 0 (1 pixel), 4 (2 pixels), 255 (1 pixel); the 3 classes are 1 to 3",
                "train.csv:8: the mask deep_m.tif has UInt16 values; masks have 8 bits",
                "train.csv:9: the line names no mask for b.tif; write image path, comma, mask path",
                "val.csv: 1 patch is less than a batch of 2, and what fills no batch is left out; list more patches or lower batch_size",
            ],
            errors[..10]);
        Assert.StartsWith("val.csv:1: the image cut.tif cannot be read (", errors[10], StringComparison.Ordinal);
        Assert.StartsWith("val.csv:1: the mask text.tif cannot be read (", errors[11], StringComparison.Ordinal);
        Assert.Equal(12, errors.Length);
    }

    [Fact]
    public void ADirectoryIsNoPatch()
    {
        Directory.CreateDirectory(_folder.At("tiles"));
        _folder.List("train.csv", "tiles,a_m.tif", "a.tif,tiles", "b.tif,b_m.tif");
        Assert.Equal(
            ["train.csv:1: the image tiles is a directory, not a file", "train.csv:2: the mask tiles is a directory, not a file"],
            _folder.ErrorsOf(_folder.Demand("train.csv")));
    }

    [Fact]
    public void ManyProblemsAreCounted()
    {
        _folder.List("train.csv", [.. Enumerable.Range(1, 50).Select(i => $"no{i}.tif,a_m.tif")]);
        var errors = _folder.ErrorsOf(_folder.Demand("train.csv"));
        Assert.Equal(21, errors.Length);
        Assert.Equal("train.csv:20: the image no20.tif does not exist", errors[19]);
        Assert.Equal("and 30 more problems with the patches", errors[20]);
    }

    [Fact]
    public void ManyValuesAreCounted()
    {
        _folder.Mask("m.tif", values: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        _folder.List("train.csv", "a.tif,m.tif", "b.tif,b_m.tif");
        Assert.Contains("17 (1 pixel) and 2 more; the 3 classes", Assert.Single(_folder.ErrorsOf(_folder.Demand("train.csv"))), StringComparison.Ordinal);
    }

    [Fact]
    public void SupervisionFromZero()
    {
        _folder.Mask("m.tif", values: [0, 2, 3]);
        _folder.List("train.csv", "a.tif,m.tif", "b.tif,m.tif");
        Assert.All(_folder.ErrorsOf(_folder.Demand("train.csv") with { FirstValue = 0 }), e => Assert.EndsWith("m.tif has values outside the classes: 3 (1 pixel); the 3 classes are 0 to 2", e, StringComparison.Ordinal));
        Assert.Equal([2L, 2 * 1021, 2], Assert.Single(PatchChecks.Run([_folder.Demand("train.csv") with { FirstValue = 0, Classes = 4 }], null, CancellationToken.None)).PixelsOfClass.Take(3));
    }

    [Fact]
    public void PatchesToPredictGoAloneAndNeedNoMask()
    {
        _folder.Image("large.tif", 64, 64);
        _folder.List("test.csv", "a.tif", "large.tif,no.tif");
        Assert.Equal(2, Assert.Single(PatchChecks.Run([_folder.Demand("test.csv") with { Masks = false, BatchSize = 1 }], null, CancellationToken.None)).Count);
    }

    [Fact]
    public void OnlyMasksAreMeasured()
    {
        _folder.List("test.csv", "no.tif,a_m.tif");
        Assert.Equal([1021L, 1, 2], Assert.Single(PatchChecks.Run([_folder.Demand("test.csv") with { Channels = [], BatchSize = 1 }], null, CancellationToken.None)).PixelsOfClass);
    }

    [Fact]
    public void MetadataBindTheSize()
    {
        _folder.List("train.csv", "a.tif,a_m.tif", "b.tif,b_m.tif");
        Assert.Equal("train.csv:1: the image a.tif is 32 × 32; use_metadata goes with patches of 512 × 512", _folder.ErrorsOf(_folder.Demand("train.csv") with { Side = 512 })[0]);
    }

    [Fact]
    public void ItCanBeStopped()
    {
        _folder.List("train.csv", "a.tif,a_m.tif");
        Assert.ThrowsAny<OperationCanceledException>(() => PatchChecks.Run([_folder.Demand("train.csv")], null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void TheDemandsOfSettings()
    {
        _folder.List("train.csv", "a.tif,a_m.tif", "b.tif,b_m.tif");
        _folder.List("test.csv", "c.tif,c_m.tif");
        var settings = new TrainingSettings
        {
            Output = "out",
            Name = "n",
            Architecture = "resnet18_unet",
            Channels = [1, 3],
            Classes = [new(1, 1, "a"), new(2, 1, "b"), new(3, 0, "c")],
            TrainCsv = _folder.At("train.csv"),
            ValCsv = _folder.At("no.csv"),
            TestCsv = _folder.At("test.csv"),
            BatchSize = 2,
            Tasks = new() { Train = true, Predict = true },
        };

        var demands = PatchDemand.Of(settings);
        Assert.Equal([2, 0, 1], demands.Select(d => d.Patches.Count));
        Assert.Equal([2, 2, 1], demands.Select(d => d.BatchSize));
        Assert.Equal([true, true, false], demands.Select(d => d.Masks));
        Assert.All(demands, d => Assert.Equal((1, 3, new InputSizes(32), null), (d.FirstValue, d.Classes, d.Sizes, d.Side)));
        Assert.All(demands, d => Assert.Equal([1, 3], d.Channels));
        Assert.StartsWith("no.csv: the list of patches cannot be read (", Assert.Single(_folder.ErrorsOf([.. demands])), StringComparison.Ordinal);

        var measured = Assert.Single(PatchDemand.Of(settings with { Tasks = new() { Metrics = true }, SupervisionStartsAtOne = false, UseMetadata = true }));
        Assert.Empty(measured.Channels);
        Assert.Equal((true, 0, 512), (measured.Masks, measured.FirstValue, measured.Side));
        Assert.True(PatchDemand.Of(settings with { Tasks = new() { Predict = true, Metrics = true } })[0].Masks);
    }
}
