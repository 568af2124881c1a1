using Flair.Inference;
using Flair.Measuring;
using Flair.Settings;
using Flair.Tests.Models;

namespace Flair.Tests.Measuring;

[Collection(LibTorchCollection.Name)]
public sealed class DeviceMeasurementTests
{
    private static readonly DeviceTask s_task = new()
    {
        Model = new() { Architecture = "resnet18_unet", Weights = "formula" },
        Channels = 3,
        Window = new() { Size = 64, Margin = 16 },
        BatchSize = 3,
        Device = "cpu",
        AtLeast = TimeSpan.FromMilliseconds(100),
    };

    [Fact]
    public async Task Two_devices_map_what_one_maps()
    {
        var task = DeviceMeasurement.TaskOf(s_task, "cpu", Precision.Fp32);
        using var one = InferenceWorkers.OnDevices(task, ["cpu"]);
        using var two = InferenceWorkers.OnDevices(task, ["cpu", "cpu"]);
        using var ordinary = InferenceWorkers.Create(task);
        var expected = await DeviceMeasurement.MapNoiseAsync(one, task);

        Assert.Equal(2, two.Workers.Count);
        Assert.Equal(64 * 64, expected.Length);
        Assert.InRange(expected.Distinct().Count(), 2, 19);
        Assert.Equal(expected, await DeviceMeasurement.MapNoiseAsync(two, task));
        // Fused, where oneDNN is there, so rounded otherwise.
        Assert.InRange(expected.Zip(await DeviceMeasurement.MapNoiseAsync(ordinary, task)).Count(pair => pair.First == pair.Second), 0.999 * 64 * 64, 64 * 64);
    }

    [Fact]
    public async Task Rates_come_with_their_times()
    {
        var figures = await DeviceMeasurement.RunAsync(s_task with { Precision = Precision.Fp32 });
        Assert.Equal("fp32", figures.Precision);
        Assert.Equal(1, figures.Agreement);
        foreach (var rate in new[] { figures.Network, figures.Map })
        {
            Assert.InRange(rate.WindowsPerSecond, 0.01, 1e6);
            Assert.True(rate.To - rate.From >= 0.09);
        }

        Assert.True(figures.Map.From >= figures.Network.To);
    }

    [Theory]
    [InlineData(64, 32, "cpu", "nothing is left")]
    [InlineData(50, 8, "cpu", "needs a multiple of 32")]
    [InlineData(64, 16, "gpu", "the device must be")]
    [InlineData(64, 16, "cuda:63", "is not there")]
    public async Task What_cannot_be_measured_is_said(int size, int margin, string device, string message)
    {
        var task = s_task with { Window = new() { Size = size, Margin = margin }, Device = device };
        Assert.Contains(message, (await Assert.ThrowsAsync<FlairException>(() => DeviceMeasurement.RunAsync(task))).Message, StringComparison.Ordinal);
    }
}
