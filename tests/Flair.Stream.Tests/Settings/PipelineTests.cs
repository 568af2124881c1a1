using Flair.Settings;

namespace Flair.Tests.Settings;

public sealed class PipelineTests : IDisposable
{
    private const string Products = """
        inputs:
          - { name: rvb, path: rvb/*.jp2, bands: [1, 2, 3] }
          - { name: irc, path: [irc/a.jp2, /abs/b.jp2], bands: [1] }
          - { name: height, surface: mns, terrain: mnt, unit: 0.5 }
        model: { architecture: resnet34_unet, weights: weights.pth, classes: flair-15, logits: 19 }
        normalization: { type: custom, means: [1, 2, 3, 4, 5.5], stds: [1, 2, 3, 4, 5.25] }
        window: { size: 256, margin: 32 }
        batch: 2
        stitch: crop
        outputs: { probabilities: true, confidence: yes }
        nodata: { value: 0, solid: 1 }
        precision: bf16
        device: cuda:1
        resources: { threads: 3, readers: 4, attempts: 5 }
        crs: EPSG:2154
        output: out
        """;

    private readonly SettingsTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void EveryKeyReachesItsSetting()
    {
        var settings = _files.Parse(Products);

        Assert.Equal([_files.At("rvb/*.jp2")], settings.Inputs[0].Paths);
        Assert.Equal([1, 2, 3], settings.Inputs[0].Bands);
        Assert.Equal([_files.At("irc/a.jp2"), "/abs/b.jp2"], settings.Inputs[1].Paths);
        Assert.Equal([_files.At("mns")], settings.Inputs[2].Height!.Surface);
        Assert.Equal([_files.At("mnt")], settings.Inputs[2].Height!.Terrain);
        Assert.Equal(0.5, settings.Inputs[2].Height!.Unit);
        Assert.Equal(["rvb", "irc", "height"], settings.Inputs.Select(i => i.Name));
        Assert.Equal([3, 1, 1], settings.Inputs.Select(i => i.ChannelCount));
        Assert.Equal(new ModelSettings { Architecture = "resnet34_unet", Weights = _files.Weights, Classes = "flair-15", Logits = 19 }, settings.Model);
        Assert.Equal(NormalizationType.Custom, settings.Normalization.Type);
        Assert.Equal([1, 2, 3, 4, 5.5], settings.Normalization.Means);
        Assert.Equal([1, 2, 3, 4, 5.25], settings.Normalization.Stds);
        Assert.Equal(new WindowSettings { Size = 256, Margin = 32 }, settings.Window);
        Assert.Equal(2, settings.BatchSize);
        Assert.Equal(StitchMode.Crop, settings.Stitch);
        Assert.Equal(new OutputSettings { Classes = true, Probabilities = true, Confidence = true }, settings.Outputs);
        Assert.Equal(new NodataSettings { Value = "0", Solid = 1 }, settings.Nodata);
        Assert.Equal(Precision.Bf16, settings.Precision);
        Assert.Equal("cuda:1", settings.Device);
        Assert.Equal(new ResourceSettings { Threads = 3, Readers = 4, Attempts = 5 }, settings.Resources);
        Assert.Equal("EPSG:2154", settings.Crs);
        Assert.Equal(_files.At("out"), settings.Output);
        Assert.Null(settings.FlairDetect);
    }

    [Fact]
    public void OneRasterNeedsNoProducts()
    {
        var settings = _files.Parse(SettingsTestFiles.Pipeline);

        var product = Assert.Single(settings.Inputs);
        Assert.Equal([_files.At("image.tif")], product.Paths);
        Assert.Equal([1, 2, 3], product.Bands);
        Assert.Equal("formula", settings.Model.Weights);
        Assert.Equal(new WindowSettings(), settings.Window);
        Assert.Equal(StitchMode.Blend, settings.Stitch);
    }

    [Fact]
    public void TheCommandLineAloneIsEnough()
    {
        var settings = SettingsFile.Read(null, new()
        {
            Inputs = ["a.tif", "b.tif"],
            Output = "out",
            Model = "resnet18_unet",
            Weights = "formula",
            Sets = ["bands=[1, 2, 3, 4]", "normalization.type=without"],
        });

        Assert.Equal([Path.GetFullPath("a.tif"), Path.GetFullPath("b.tif")], Assert.Single(settings.Inputs).Paths);
        Assert.Equal(NormalizationType.Without, settings.Normalization.Type);
    }

    [Fact]
    public void OptionsReplaceTheFilesValues()
    {
        var settings = _files.Parse(Products, new()
        {
            Output = "elsewhere",
            Weights = "formula",
            Model = "resnet50_unet",
            Precision = "fp32",
            Device = "cpu",
            Sets = ["window.size=512", "inputs.rvb.bands=[3, 2, 1]", "inputs.2.unit=0.2", "outputs={ confidence: true }"],
        });

        Assert.Equal(Path.GetFullPath("elsewhere"), settings.Output);
        Assert.Equal("formula", settings.Model.Weights);
        Assert.Equal("resnet50_unet", settings.Model.Architecture);
        Assert.Equal("flair-15", settings.Model.Classes);
        Assert.Equal(Precision.Fp32, settings.Precision);
        Assert.Equal("cpu", settings.Device);
        Assert.Equal(new WindowSettings { Size = 512, Margin = 32 }, settings.Window);
        Assert.Equal([3, 2, 1], settings.Inputs[0].Bands);
        Assert.Equal(0.2, settings.Inputs[2].Height!.Unit);
        Assert.Equal(new OutputSettings { Confidence = true }, settings.Outputs);
    }

    [Fact]
    public void OneInputDirectoryMovesEveryRelativePath()
    {
        var settings = _files.Parse(Products, new() { Inputs = ["/data/D033"] });

        Assert.Equal(["/data/D033/rvb/*.jp2"], settings.Inputs[0].Paths);
        Assert.Equal(["/data/D033/irc/a.jp2", "/abs/b.jp2"], settings.Inputs[1].Paths);
        Assert.Equal(["/data/D033/mns"], settings.Inputs[2].Height!.Surface);
        Assert.Equal(_files.Weights, settings.Model.Weights);
    }

    [Fact]
    public void ANamedInputReplacesOneProductsPath()
    {
        var settings = _files.Parse(Products, new() { Inputs = ["irc=near.tif", "height.surface=/vsicurl/https://host/mns.tif"] });

        Assert.Equal([_files.At("rvb/*.jp2")], settings.Inputs[0].Paths);
        Assert.Equal([Path.GetFullPath("near.tif")], settings.Inputs[1].Paths);
        Assert.Equal(["/vsicurl/https://host/mns.tif"], settings.Inputs[2].Height!.Surface);
        Assert.Equal([_files.At("mnt")], settings.Inputs[2].Height!.Terrain);
    }

    [Fact]
    public void AnInputKeyMovesProductsToo() =>
        Assert.Equal([_files.At("scene/rvb/*.jp2")], _files.Parse("input: scene\n" + Products).Inputs[0].Paths);

    [Theory]
    [InlineData("ircc=x.tif", "--input ircc=x.tif: the pipeline has no product 'ircc'; did you mean 'irc'?")]
    [InlineData("height=x.tif", "--input height=x.tif: 'height' is a height; give height.surface=PATH and height.terrain=PATH")]
    public void InputErrors(string input, string error) => Assert.Equal(error, _files.ErrorOf(Products, new() { Inputs = [input] }));

    [Fact]
    public void TwoDirectoriesForManyProductsAreRefused() => Assert.Equal(
        "--input b: the pipeline has 3 products (rvb, irc, height); give one directory that holds them all, or NAME=PATH",
        _files.ErrorOf(Products, new() { Inputs = ["a", "b"] }));

    [Fact]
    public void AnInputDirectoryThatMovesNothingIsRefused()
    {
        var absolute = Products.Replace("rvb/", "/d/", StringComparison.Ordinal).Replace("irc/", "/d/", StringComparison.Ordinal).Replace("mns", "/d", StringComparison.Ordinal).Replace("mnt", "/d", StringComparison.Ordinal);
        Assert.Equal("--input new: it moves no product, as all their paths are absolute; give NAME=PATH for a product", _files.ErrorOf(absolute, new() { Inputs = ["new"] }));
    }

    [Theory]
    [InlineData("window.sise=3", "--set window.sise=3: unknown key 'sise' under 'window'; did you mean 'size'?")]
    [InlineData("batch=0", "--set batch=0: 'batch' must be 1 or more, not 0")]
    [InlineData("batch", "--set batch: expected KEY=VALUE, a key of the settings file and its new value")]
    [InlineData("batch.size=1", "--set batch.size=1: 'batch' is 2 and has no keys")]
    [InlineData("inputs.7.name=x", "--set inputs.7.name=x: 'inputs' has no item '7'")]
    [InlineData("batch=[1", "--set batch=[1: this is not YAML: ")]
    public void SetErrors(string set, string error) => Assert.StartsWith(error, _files.ErrorOf(Products, new() { Sets = [set] }), StringComparison.Ordinal);

    [Fact]
    public void ThePrintedSettingsReadBackTheSame()
    {
        foreach (var yaml in new[] { Products, SettingsTestFiles.Pipeline })
        {
            var printed = RunSettingsText.ToYaml(_files.Parse(yaml));
            var again = SettingsFile.Parse(printed, "run.yaml", "/elsewhere", SettingsOverrides.None);
            Assert.Equal(printed, RunSettingsText.ToYaml(again));
            Assert.Equal(SettingsFingerprint.Of(_files.Parse(yaml)), SettingsFingerprint.Of(again));
        }
    }

    [Fact]
    public void PrintedPathsSurviveQuotes()
    {
        var settings = _files.Parse(SettingsTestFiles.Pipeline.Replace("image.tif", "'/a \"b\" é#: [1].tif'", StringComparison.Ordinal));
        Assert.Equal(settings.Inputs[0].Paths, SettingsFile.Parse(RunSettingsText.ToYaml(settings), "r", "/", SettingsOverrides.None).Inputs[0].Paths);
    }

    [Fact]
    public void AFileThatIsNotThereIsNamed() =>
        Assert.Equal("the settings file no.yaml does not exist", Assert.Throws<FlairException>(() => SettingsFile.Read("no.yaml", SettingsOverrides.None)).Message);

    [Theory]
    [InlineData("demo.yaml", 5)]
    [InlineData("bdortho-rvbie.yaml", 5)]
    [InlineData("rgb-one-raster.yaml", 3)]
    [InlineData("flair-1-config-detect.yaml", 5)]
    public void ThePipelinesOfTheRepositoryRead(string file, int channels)
    {
        var settings = SettingsFile.Read(Path.Combine(Repository.Root, "pipelines", file), new() { Weights = "formula" });
        Assert.Equal(channels, settings.Inputs.Sum(i => i.ChannelCount));
        Assert.Equal(file.StartsWith("flair-1", StringComparison.Ordinal), settings.FlairDetect is not null);
    }
}
