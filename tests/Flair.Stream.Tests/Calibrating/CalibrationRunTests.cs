using Flair.Calibrating;
using Flair.Checkpoints;
using Flair.OneDnn;
using Flair.Running;
using Flair.Settings;
using Flair.Tests.Models;
using Flair.Tests.Running;

namespace Flair.Tests.Calibrating;

/// <summary>A fact for processors that multiply bytes.</summary>
public sealed class Int8FactAttribute : FactAttribute
{
    public Int8FactAttribute()
    {
        if (!OneDnnLibrary.HasInt8)
            Skip = "this processor has no AVX2";
    }
}

[Collection(LibTorchCollection.Name)]
public sealed class CalibrationRunTests : IDisposable
{
    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Int8Fact]
    public async Task A_calibrated_model_maps_in_bytes_the_same_way_every_time()
    {
        _scene.Write("input", 2, 1);
        var settings = WithWeightsInAFile();
        var first = CalibrationRun.Run(settings, 9, _ => { }, CancellationToken.None);
        Assert.Equal((6, 3), (first.Windows, first.CheckedWindows));
        Assert.InRange(first.Agreement, 0.3, 1);
        Assert.Equal(first.Fingerprint, CalibrationRun.Run(settings, 9, _ => { }, CancellationToken.None).Fingerprint);
        first.Save(settings.Model.Weights);

        var one = await Map(settings with { Precision = Precision.Int8, Output = _scene.Output("one"), Resources = new() { Threads = 1 } });
        var two = await Map(settings with { Precision = Precision.Int8, Output = _scene.Output("two"), Resources = new() { Threads = 16 } });
        var single = await Map(settings with { Precision = Precision.Fp32, Output = _scene.Output("single") });
        // As many workers have two threads that stitch.
        Assert.Equal(one, two);
        Assert.NotEqual(single, one);
        var same = one.Zip(single).Count(pair => pair.First == pair.Second) / (double)one.Length;
        Assert.InRange(same, 0.3, 1);
    }

    [Int8Fact]
    public async Task Auto_takes_a_calibration_only_if_it_is_good_and_int8_any_but_not_none()
    {
        _scene.Write("input", 1, 1);
        var settings = WithWeightsInAFile();
        var calibration = CalibrationRun.Run(settings, 3, _ => { }, CancellationToken.None);
        Assert.Contains(
            "run ./flair calibrate",
            (await Assert.ThrowsAsync<FlairException>(() => Map(settings with { Precision = Precision.Int8 }))).Message,
            StringComparison.Ordinal);

        (calibration with { Agreement = 0.9 }).Save(settings.Model.Weights);
        Assert.NotEqual(Precision.Int8, Prepared(settings));
        (calibration with { Agreement = 0.999 }).Save(settings.Model.Weights);
        Assert.Equal(OneDnnLibrary.HasVnni ? Precision.Int8 : Precision.Fp32, Prepared(settings));
        Assert.Equal(Precision.Fp32, Prepared(settings with { Precision = Precision.Fp32 }));

        // What a processor with VNNI has begun stays in bytes on any.
        var begun = settings with { Output = _scene.Output("begun") };
        await Map(begun with { Precision = Precision.Int8 });
        Assert.Equal(Precision.Int8, Prepared(begun));
    }

    [Int8Fact]
    public void What_cannot_be_calibrated_is_refused()
    {
        _scene.Write("input", 1, 1);
        Assert.Contains("formula weights", Refusal(_scene.Settings("out")), StringComparison.Ordinal);
        var settings = WithWeightsInAFile("mit_b0_unet");
        Assert.Contains("mit_b0_unet cannot be computed in int8", Refusal(settings), StringComparison.Ordinal);

        string Refusal(RunSettings wrong) => Assert.Throws<FlairException>(() => CalibrationRun.Run(wrong, 3, _ => { }, CancellationToken.None)).Message;
    }

    private static Precision Prepared(RunSettings settings) => RunPreparation.Prepare(settings, "0", _ => { }).Settings.Precision;

    private RunSettings WithWeightsInAFile(string model = "resnet18_unet")
    {
        var (architecture, encoder) = Flair.Models.ArchitectureRegistry.Parse(model);
        var weights = FormulaWeights.Create(architecture.Describe(encoder, 3, 12).Select(spec => (spec.Name, spec.Shape)));
        var path = Path.Combine(_scene.Root, "w.safetensors");
        SafetensorsWriter.Write(path, weights);
        return _scene.Settings("out") with { Model = new ModelSettings { Architecture = model, Weights = path, Classes = "flair-12" } };
    }

    private static async Task<byte[]> Map(RunSettings settings)
    {
        using var recorder = new Recorder();
        Assert.Equal(0, (await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None)).ExitCode);
        return [.. Directory.GetFiles(Path.Combine(settings.Output, "tiles"), "*.tif").Where(file => !file.Contains("_confidence")).Order().SelectMany(Scene.Classes)];
    }
}
