using Flair.Checkpoints;
using Flair.Evaluation;
using Flair.Gdal;
using Flair.Inference;
using Flair.Models;
using Flair.Patches;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Evaluation;

public sealed class PredictRunTests : IDisposable
{
    private readonly PatchFolder _patches = new();
    private readonly DeviceThread _thread = new();

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task Every_patch_gets_its_classes_whatever_its_size()
    {
        (int Width, int Height)[] sizes = [(64, 64), (64, 32), (64, 64), (32, 64), (64, 64), (64, 32), (96, 96)];
        for (var i = 0; i < sizes.Length; i++)
            _patches.Add(i, sizes[i].Width, sizes[i].Height);
        var progress = new List<PredictProgress>();

        var result = await PredictRun.RunAsync(Parts(_patches.Settings(batchSize: 2)) with { Progress = progress.Add });

        Assert.Equal((sizes.Length, sizes.Sum(size => (long)size.Width * size.Height)), (result.Patches, result.Pixels));
        Assert.Equal(Enumerable.Range(1, sizes.Length).Select(done => new PredictProgress(done, sizes.Length)), progress);
        Assert.Equal(sizes.Length, Directory.GetFiles(result.Directory).Length);
        for (var i = 0; i < sizes.Length; i++)
        {
            var (width, height, values) = PatchReader.ReadMask(Path.Combine(result.Directory, "PRED_" + PatchFolder.Name(i)));
            Assert.Equal(sizes[i], (width, height));
            Assert.Equal(PatchFolder.Brightest(i, width, height), values);
        }
    }

    [Fact]
    public async Task A_second_run_writes_the_same_bytes()
    {
        for (var i = 0; i < 5; i++)
            _patches.Add(i);
        var parts = Parts(_patches.Settings());
        var directory = (await PredictRun.RunAsync(parts)).Directory;
        var first = Directory.GetFiles(directory).Order().Select(File.ReadAllBytes).ToArray();
        File.WriteAllText(Path.Combine(directory, "PRED_" + PatchFolder.Name(2)), "torn");

        await PredictRun.RunAsync(parts);

        Assert.Equal(first, Directory.GetFiles(directory).Order().Select(File.ReadAllBytes));
    }

    [Theory]
    [InlineData(64, 1)]
    [InlineData(32, 32, "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32")]
    [InlineData(64, 7, "BLOCKYSIZE=7", "COMPRESS=DEFLATE")]
    public async Task Georeference_blocks_and_nodata_come_from_the_image(int blockWidth, int blockHeight, params string[] options)
    {
        if (options.Length == 0)
            options = ["BLOCKYSIZE=1"];
        var image = _patches.Add(5, options: options);
        using (var raster = Raster.Open(image, update: true))
            raster.SetNodata(1, 7);

        var result = await PredictRun.RunAsync(Parts(_patches.Settings()));

        var path = Path.Combine(result.Directory, "PRED_" + PatchFolder.Name(5));
        using var source = Raster.Open(image);
        using var written = Raster.Open(path);
        Assert.Equal(("GTiff", 1, GdalType.Byte), (written.Driver, written.BandCount, written.Type(1)));
        Assert.Equal([900005, 0.2, 0, 6500000, 0, -0.2], written.GeoTransform!);
        Assert.Equal(source.CrsWkt, written.CrsWkt);
        Assert.NotEmpty(written.CrsWkt);
        Assert.Equal("LZW", written.Metadata("COMPRESSION", "IMAGE_STRUCTURE"));
        Assert.Equal((blockWidth, blockHeight), written.BlockSize(1));
        Assert.Equal(7, written.Nodata(1));
        Assert.Equal([path], Directory.GetFiles(result.Directory));
    }

    [Fact]
    public async Task Plain_output_has_no_georeference()
    {
        _patches.Add(5);

        var result = await PredictRun.RunAsync(Parts(_patches.Settings() with { GeoreferencingOutput = false }));

        using var written = Raster.Open(Path.Combine(result.Directory, "PRED_" + PatchFolder.Name(5)));
        Assert.Null(written.GeoTransform);
        Assert.Empty(written.CrsWkt);
        Assert.Equal("LZW", written.Metadata("COMPRESSION", "IMAGE_STRUCTURE"));
        Assert.Single(Directory.GetFiles(result.Directory));
    }

    [Fact]
    public async Task Metadata_reach_the_network_beside_their_patch()
    {
        for (var i = 0; i < 3; i++)
            _patches.Add(i);
        var parts = Parts(_patches.Settings(batchSize: 2)) with
        {
            Metadata = files => [.. Enumerable.Repeat(float.Parse(files.Image[^5..^4]), 2)],
            // The class is the patch's own number.
            Forward = (input, metadata) =>
            {
                Assert.Equal([2, 2], metadata!.Shape);
                var numbers = metadata.ToArray<float>();
                var logits = new float[2 * 3 * 64 * 64];
                for (var i = 0; i < 2; i++)
                    logits.AsSpan((((i * 3) + (int)numbers[2 * i]) * 64 * 64), 64 * 64).Fill(1);
                return Tensor.From<float>(logits, 2, 3, 64, 64);
            },
        };

        var result = await PredictRun.RunAsync(parts);

        for (var i = 0; i < 3; i++)
            Assert.All(PatchReader.ReadMask(Path.Combine(result.Directory, "PRED_" + PatchFolder.Name(i))).Values, value => Assert.Equal(i, value));
    }

    [Fact]
    public async Task A_network_of_the_registry_predicts_its_argmax()
    {
        for (var i = 0; i < 3; i++)
            _patches.Add(i);
        var settings = _patches.Settings(batchSize: 2) with { Normalization = new() { Type = NormalizationType.Scaling } };
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        var weights = FormulaWeights.Create(architecture.Describe(encoder, 3, 3).Select(spec => (spec.Name, spec.Shape)));
        using var bare = architecture.Create(encoder, 3, 3, weights);
        using var network = NetworkOptimizer.Optimize(bare, Precision.Fp32, "cpu");

        var result = await PredictRun.RunAsync(Parts(settings) with { Forward = (input, _) => network.Forward(input), Sizes = architecture.Sizes });

        for (var i = 0; i < 3; i++)
        {
            var expected = _thread.Run(() =>
            {
                using var input = Tensor.From<float>([.. PatchFolder.Pixels(i, 64, 64).Select(value => value / 255f)], 1, 3, 64, 64);
                using var logits = bare.Forward(input);
                using var best = logits.ArgMax(1);
                return best.ToArray<long>();
            });
            var got = PatchReader.ReadMask(Path.Combine(result.Directory, "PRED_" + PatchFolder.Name(i))).Values;
            Assert.InRange(got.Zip(expected).Count(pair => pair.First == pair.Second), got.Length * 0.999, got.Length);
            Assert.True(got.Distinct().Count() > 1, "one class alone would prove little");
        }
    }

    [Fact]
    public async Task Two_images_of_one_name_are_refused()
    {
        var first = _patches.Add(1);
        var second = _patches.Add(1, folder: "other");

        var error = await Assert.ThrowsAsync<FlairException>(() => PredictRun.RunAsync(Parts(_patches.Settings())));

        Assert.Contains(first, error.Message, StringComparison.Ordinal);
        Assert.Contains(second, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_size_that_the_network_does_not_take_is_refused()
    {
        _patches.Add(1);
        var odd = _patches.Add(2, 64, 60);

        var error = await Assert.ThrowsAsync<FlairException>(() => PredictRun.RunAsync(Parts(_patches.Settings())));

        Assert.StartsWith($"{odd}: is 64 × 60 pixels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_patch_ends_the_run_with_its_name()
    {
        for (var i = 0; i < 30; i++)
            _patches.Add(i);
        var damaged = Path.Combine(_patches.Folder, "img", PatchFolder.Name(11));
        File.WriteAllText(damaged, "no image");

        var error = await Assert.ThrowsAsync<FlairException>(() => PredictRun.RunAsync(Parts(_patches.Settings(batchSize: 2))));

        Assert.StartsWith(damaged, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(PredictionFiles.Directory(_patches.Settings())), file => file.EndsWith("tmp-flair", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failing_network_ends_the_run()
    {
        for (var i = 0; i < 30; i++)
            _patches.Add(i);
        var parts = Parts(_patches.Settings(batchSize: 2)) with { Forward = (_, _) => throw new FlairException("no more memory") };

        Assert.Equal("no more memory", (await Assert.ThrowsAsync<FlairException>(() => PredictRun.RunAsync(parts))).Message);
    }

    [Fact]
    public async Task Cancelling_stops_it()
    {
        for (var i = 0; i < 30; i++)
            _patches.Add(i);
        using var cancellation = new CancellationTokenSource();
        var parts = Parts(_patches.Settings(batchSize: 2)) with { Progress = progress => cancellation.Cancel() };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PredictRun.RunAsync(parts, cancellation.Token));

        Assert.InRange(Directory.GetFiles(PredictionFiles.Directory(parts.Settings), "*.tif").Length, 1, 29);
    }

    /// <summary>The bands themselves are the logits.</summary>
    private PredictParts Parts(TrainingSettings settings) => new()
    {
        Settings = settings with { Normalization = settings.Normalization.Type == NormalizationType.Custom ? new() { Type = NormalizationType.Without } : settings.Normalization },
        Forward = (input, _) => input.Clone(),
        Sizes = new(32),
        Thread = _thread,
    };
}
