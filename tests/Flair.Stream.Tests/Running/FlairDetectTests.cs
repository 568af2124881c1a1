using System.Text.Json;
using Flair.Checkpoints;
using Flair.Gdal;
using Flair.Models;
using Flair.Running;
using Flair.Settings;
using Flair.Tests.Models;

namespace Flair.Tests.Running;

/// <summary>What <c>flair-detect</c> wrote for two scenes, against what we write.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class FlairDetectTests : IDisposable
{
    private static readonly string s_data = Path.Combine(AppContext.BaseDirectory, "Running", "Data");
    private readonly string _output = Directory.CreateTempSubdirectory("flair-detect-").FullName;

    public void Dispose() => Directory.Delete(_output, recursive: true);

    [Fact]
    public async Task Argmax_equals_the_reference()
    {
        await Detect("resnet18_unet_argmax_900x700", new OutputSettings());
        var expected = Scene.Classes(Path.Combine(s_data, "resnet18_unet_argmax_900x700.tif"));
        var actual = Scene.Classes(Path.Combine(_output, "map.tif"));
        Assert.Equal(expected.Length, actual.Length);
        var different = expected.Zip(actual).Count(pair => pair.First != pair.Second);
        Assert.True(different <= expected.Length / 1000, $"{different} of {expected.Length} pixels differ");
    }

    [Fact]
    public async Task Class_prob_equals_the_reference()
    {
        await Detect("resnet18_unet_class_prob_600x600", new OutputSettings { Classes = false, Probabilities = true });
        var (expected, shape) = NpyFile.ReadFloat32(Path.Combine(s_data, "resnet18_unet_class_prob_600x600_every5.npy"));
        using var raster = Raster.Open(Path.Combine(_output, "map.tif"));
        Assert.Equal(19, raster.BandCount);
        var actual = new byte[19 * 600 * 600];
        raster.Read<byte>(0, 0, 600, 600, [.. Enumerable.Range(1, 19)], actual);
        var i = 0;
        for (var c = 0; c < shape[0]; c++)
        {
            for (var y = 0; y < shape[1]; y++)
            {
                for (var x = 0; x < shape[2]; x++)
                    Assert.InRange(actual[(((c * 600) + (y * 5)) * 600) + (x * 5)] - expected[i++], -1, 1);
            }
        }
    }

    private async Task Detect(string name, OutputSettings outputs)
    {
        var entry = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(s_data, "index.json"))).RootElement.EnumerateArray()
            .Single(e => e.GetProperty("name").GetString() == name);
        var settings = new RunSettings
        {
            Output = _output,
            Inputs = [new ProductSettings { Name = "image", Paths = [Path.Combine(s_data, entry.GetProperty("scene").GetString()!)], Bands = [1, 2, 3, 4, 5] }],
            Model = new ModelSettings { Architecture = "resnet18_unet", Weights = Weights(entry.GetProperty("overrides")) },
            Normalization = new NormalizationSettings { Means = Numbers(entry, "norm_means"), Stds = Numbers(entry, "norm_stds") },
            Window = new WindowSettings { Size = 512, Margin = 128 },
            Stitch = StitchMode.Crop,
            Nodata = new NodataSettings { Value = "none" },
            Outputs = outputs,
            Precision = Precision.Fp32,
            Device = "cpu",
            FlairDetect = new FlairDetectSettings { OutputName = "map", WriteDataframe = true },
        };
        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None);
        Assert.Equal(0, summary.ExitCode);
        Assert.True(File.Exists(Path.Combine(_output, "map_slicing_job.gpkg")));
    }

    private string Weights(JsonElement overrides)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse("resnet18_unet");
        var formula = FormulaWeights.Create(architecture.Describe(encoder, 5, 19).Select(spec => (spec.Name, spec.Shape)));
        var weights = new StateDict();
        foreach (var (name, tensor) in formula)
        {
            weights.Add(name, overrides.TryGetProperty(name, out var values)
                ? tensor with { Data = values.EnumerateArray().SelectMany(v => BitConverter.GetBytes(v.GetSingle())).ToArray() }
                : tensor);
        }

        var path = Path.Combine(_output, "weights.safetensors");
        SafetensorsWriter.Write(path, weights);
        return path;
    }

    private static double[] Numbers(JsonElement entry, string name) => [.. entry.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];
}
