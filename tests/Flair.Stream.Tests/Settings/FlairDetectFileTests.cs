using Flair.Settings;

namespace Flair.Tests.Settings;

/// <summary>Files of the shapes that FLAIR-1's repository has held; the commit is named beside each.</summary>
public sealed class FlairDetectFileTests : IDisposable
{
    private const string Head = """
        output_path: out
        input_img_path: ../data/D085_2019.ortho.tif
        img_pixels_detection: 512
        margin: 128
        output_type: "argmax"
        n_classes: 19
        model_weights: formula
        batch_size: 4
        use_gpu: true
        """;

    private const string Norm = "norm_type: custom\n    norm_means: [105.08, 110.87, 101.82, 106.38, 53.26]\n    norm_stds: [52.17, 45.38, 44, 39.69, 79.3]";

    private const string Older = Head + "\nbands: [1, 2, 3, 4, 5]\nmodel_name: 'unet'\nencoder_name: 'resnet34'\nnum_worker: 10  # IF OS=WINDOWS\n";

    private const string Newer = Head + """

        output_name: pred
        channels: [1, 2, 3, 4, 5]
        model_framework:
            model_provider: SegmentationModelsPytorch
            HuggingFace:
                org_model:
            SegmentationModelsPytorch:
                encoder_decoder: resnet34_unet
        num_worker: 2
        write_dataframe: False
        norma_task:
          - norm_type: custom
            norm_means: [105.08, 110.87, 101.82, 106.38, 53.26]
            norm_stds: [52.17, 45.38, 44, 39.69, 79.3]

        """;

    private readonly SettingsTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    public static TheoryData<string, string> Generations { get; } = new()
    {
        { "8ffb01b", Older + "normalization:\n  - norm_type: custom\n  - norm_means: [105.08, 110.87, 101.82, 106.38, 53.26]\n  - norm_stds: [52.17, 45.38, 44, 39.69, 79.3]\n" },
        { "973629c", Older + $"normalization:\n  - {Norm}\n" },
        { "2b02616", Older + $"output_name: D085_2019_pred\nwrite_dataframe: False\nnorma_task:\n  - {Norm}\n" },
        { "one mapping", Older + $"norma_task:\n    {Norm}\n" },
        { "at the top", Older + Norm.Replace("    ", "", StringComparison.Ordinal) + "\n" },
        { "at the top, as norm", Older + Norm.Replace("    ", "", StringComparison.Ordinal).Replace("norm_type", "norm", StringComparison.Ordinal) + "\n" },
        { "ed7dd01", Newer.Replace("output_name: pred", "model_name: 'unet'\nencoder_name: 'resnet34'\noutput_name: D085_2019_pred", StringComparison.Ordinal) },
        { "empty encoder_decoder", Newer.Replace("encoder_decoder: resnet34_unet", "encoder_decoder:", StringComparison.Ordinal).Replace("output_name: pred", "model_name: Unet\nencoder_name: 'resnet34'\noutput_name:", StringComparison.Ordinal) },
        { "a61fd00", Newer.Replace("output_name: pred", "output_name: D085_2019_pred.tif", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(Generations))]
    public void EveryGenerationMeansTheSame(string commit, string yaml)
    {
        Assert.NotEmpty(commit);
        var settings = _files.Parse(yaml);

        var product = Assert.Single(settings.Inputs);
        Assert.Equal(["../data/D085_2019.ortho.tif"], product.Paths);
        Assert.Equal([1, 2, 3, 4, 5], product.Bands);
        Assert.Equal(new ModelSettings { Architecture = "resnet34_unet", Weights = "formula", Classes = "flair-19", Logits = 19 }, settings.Model);
        Assert.Equal(NormalizationType.Custom, settings.Normalization.Type);
        Assert.Equal([105.08, 110.87, 101.82, 106.38, 53.26], settings.Normalization.Means);
        Assert.Equal([52.17, 45.38, 44, 39.69, 79.3], settings.Normalization.Stds);
        Assert.Equal(new WindowSettings { Size = 512, Margin = 128 }, settings.Window);
        Assert.Equal(4, settings.BatchSize);
        Assert.Equal(StitchMode.Crop, settings.Stitch);
        Assert.Equal(new OutputSettings { Classes = true }, settings.Outputs);
        Assert.Equal(new NodataSettings { Value = "none", Solid = 1 }, settings.Nodata);
        Assert.Equal(Precision.Auto, settings.Precision);
        Assert.Equal("auto", settings.Device);
        Assert.Equal("out", settings.Output);
        Assert.Equal(new FlairDetectSettings { OutputName = "D085_2019_pred" }, settings.FlairDetect);
    }

    [Fact]
    public void WhatItAsksForIsDone()
    {
        var settings = _files.Parse(Newer
            .Replace("\"argmax\"", "class_prob", StringComparison.Ordinal)
            .Replace("write_dataframe: False", "write_dataframe: True", StringComparison.Ordinal)
            .Replace("use_gpu: true", "use_gpu: false", StringComparison.Ordinal)
            .Replace("n_classes: 19", "n_classes: 13", StringComparison.Ordinal));

        Assert.Equal(new OutputSettings { Classes = false, Probabilities = true }, settings.Outputs);
        Assert.Equal(new FlairDetectSettings { OutputName = "pred", WriteDataframe = true }, settings.FlairDetect);
        Assert.Equal("cpu", settings.Device);
        Assert.Equal(13, settings.Model.Logits);
        Assert.Equal("flair-13", settings.Model.Classes);
        Assert.Equal(2, settings.Resources.Readers);
    }

    [Theory]
    [InlineData(19, "flair-19")]
    [InlineData(13, "flair-13")]
    [InlineData(12, "flair-12")]
    [InlineData(15, "classes-15")]
    [InlineData(255, "classes-255")]
    public void TheNumberOfClassesNamesThem(int count, string classes) =>
        Assert.Equal(classes, _files.Parse(Newer.Replace("n_classes: 19", $"n_classes: {count}", StringComparison.Ordinal)).Model.Classes);

    [Theory]
    [InlineData("scaling", NormalizationType.Scaling)]
    [InlineData("without", NormalizationType.Without)]
    [InlineData("none", NormalizationType.Without)]
    public void OtherNormsOverlookTheLists(string word, NormalizationType type)
    {
        var settings = _files.Parse(Newer.Replace("norm_type: custom", $"norm_type: {word}", StringComparison.Ordinal));
        Assert.Equal(type, settings.Normalization.Type);
        Assert.Empty(settings.Normalization.Means);
    }

    [Fact]
    public void OptionsReplaceTheFilesValues()
    {
        var settings = _files.Parse(Newer, new() { Inputs = ["b.tif"], Output = "o", Model = "resnet18_unet", Precision = "bf16", Device = "cpu", Sets = ["margin=64", "norma_task.0.norm_type=scaling", "output_name=x"] });

        Assert.Equal(["b.tif"], settings.Inputs[0].Paths);
        Assert.Equal("o", settings.Output);
        Assert.Equal("resnet18_unet", settings.Model.Architecture);
        Assert.Equal(Precision.Bf16, settings.Precision);
        Assert.Equal("cpu", settings.Device);
        Assert.Equal(64, settings.Window.Margin);
        Assert.Equal(NormalizationType.Scaling, settings.Normalization.Type);
        Assert.Equal("x", settings.FlairDetect!.OutputName);
    }

    [Fact]
    public void AModelFromTheCommandLineReplacesHuggingFace() =>
        Assert.Equal("resnet18_unet", _files.Parse(Newer.Replace("model_provider: S", "model_provider: HuggingFace #", StringComparison.Ordinal), new() { Model = "resnet18_unet" }).Model.Architecture);

    [Fact]
    public void ItsSettingsArePrintedAndReadBack()
    {
        var printed = RunSettingsText.ToYaml(_files.Parse(Newer));
        Assert.Equal(printed, RunSettingsText.ToYaml(SettingsFile.Parse(printed, "r", "/", SettingsOverrides.None)));
    }

    [Theory]
    [InlineData("batch_size: 4", "bacth_size: 4", "p.yaml:8:1: unknown key 'bacth_size'; did you mean 'batch_size'?|p.yaml:1:1: the key 'batch_size' is missing: give the windows that go through the network together")]
    [InlineData("encoder_decoder:", "encoder_decode:", "p.yaml:17:9: unknown key 'encoder_decode' under 'model_framework.SegmentationModelsPytorch'; did you mean 'encoder_decoder'?|p.yaml:13:5: 'model_framework.SegmentationModelsPytorch.encoder_decoder' is missing: give the encoder and the decoder, such as resnet34_unet")]
    [InlineData("model_provider: S", "model_provider: HuggingFace #", "p.yaml:13:21: model_provider HuggingFace is not available yet; set model_provider: SegmentationModelsPytorch to run resnet34_unet, or give --model NAME")]
    [InlineData("org_model:", "org_model: openmmlab/upernet-swin-small", "")]
    [InlineData("norm_stds: [52.17,", "norm_stds: [", "p.yaml:23:16: 'norma_task.norm_stds' has 4 values for 5 channels (image: 1, 2, 3, 4, 5); give one a channel")]
    [InlineData("norm_type: custom", "norm_type: costum", "p.yaml:21:16: 'norma_task.norm_type' must be custom or scaling or without or none, not 'costum'; did you mean 'custom'?")]
    [InlineData("margin: 128", "margin: 256", "p.yaml:4:9: the margin is too large: twice 'margin' (256) must be less than 'img_pixels_detection' (512)")]
    [InlineData("img_pixels_detection: 512", "img_pixels_detection: 500", "p.yaml:3:23: 'img_pixels_detection' must be a multiple of 32, not 500; the nearest is 512")]
    [InlineData("\"argmax\"", "prob", "p.yaml:5:14: 'output_type' must be argmax or class_prob or uint8, not 'prob'")]
    [InlineData("channels: [1, 2, 3, 4, 5]", "channels: [0, 2, 3, 4, 5]", "p.yaml:11:11: bands are numbered from 1; 0 is not a band")]
    [InlineData("channels:", "bands: [1]\nchannels:", "p.yaml:11:8: 'bands' is the older name of 'channels'; give one of them")]
    [InlineData("output_path: out", "output_path:", "p.yaml:1:1: the key 'output_path' is missing: give the directory that takes the result (or --output DIR)")]
    [InlineData("output_name: pred", "output_name: a/pred", "p.yaml:10:14: 'output_name' must be a file name, not 'a/pred'")]
    [InlineData("model_weights: formula", "model_weights: no.pth", "p.yaml:7:16: the weights file no.pth does not exist; name a .pth, .ckpt or .safetensors file, or 'formula' for untrained weights")]
    [InlineData("n_classes: 19", "n_classes: 0", "p.yaml:6:12: 'n_classes' must be 1 to 255, not 0")]
    [InlineData("n_classes: 19", "n_classes: 256", "p.yaml:6:12: 'n_classes' must be 1 to 255, not 256")]
    [InlineData("use_gpu: true", "use_gpu: 1", "p.yaml:9:10: 'use_gpu' must be true or false, not 1")]
    [InlineData("output_name: pred", "zone: { margin: 50 }", "p.yaml:10:7: 'zone' with its layers is how FLAIR-1 was set up before its release; write input_img_path, bands and margin at the top instead")]
    public void Errors(string good, string bad, string errors)
    {
        var yaml = Newer.Replace(good, bad, StringComparison.Ordinal);
        if (errors.Length == 0)
            Assert.NotNull(_files.Parse(yaml));
        else
            Assert.Equal(errors.Split('|'), _files.ErrorOf(yaml).Split('\n'));
    }

    [Fact]
    public void TheResultMayNotOverwriteTheInput() => Assert.Equal(
        "p.yaml:1:14: the result would overwrite the input out/pred.tif; give another output directory",
        _files.ErrorOf(Newer.Replace("../data/D085_2019.ortho.tif", "out/pred.tif", StringComparison.Ordinal)));
}
