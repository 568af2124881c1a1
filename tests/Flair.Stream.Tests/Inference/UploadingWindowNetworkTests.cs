using Flair.Batching;
using Flair.Inference;
using Flair.Measuring;
using Flair.Models;
using Flair.Settings;
using Flair.Tests.Models;

namespace Flair.Tests.Inference;

[Collection(LibTorchCollection.Name)]
public sealed class UploadingWindowNetworkTests : IDisposable
{
    private const int Channels = 3, Size = 64, Batch = 2;

    private readonly InferenceTask _task = DeviceMeasurement.TaskOf(
        new() { Model = new() { Architecture = "resnet18_unet", Weights = "formula" }, Channels = Channels, Window = new() { Size = Size, Margin = 16 }, BatchSize = Batch },
        "cpu",
        Precision.Fp32);

    private readonly UploadingWindowNetwork _uploading;
    private readonly TorchWindowNetwork _plain;

    public UploadingWindowNetworkTests()
    {
        _uploading = new(Network(), new TensorNormalization(_task.Settings.Normalization, 255, "cpu"), [Batch, Channels, Size, Size], _task.Samples, "cpu");
        _plain = new(Network(), new Normalizer(_task.Settings.Normalization, Channels, _task.Samples, 255), Batch, Size);
    }

    [Fact]
    public void Logits_are_those_of_windows_normalized_here()
    {
        var random = new Random(3);
        // More batches than places, one of them with a window only: nothing of an earlier batch may be seen in a later one.
        foreach (var count in new[] { 2, 2, 1, 2, 1 })
        {
            ReadOnlyMemory<byte>[] windows = [.. Enumerable.Range(0, count).Select(_ => Noise(random))];
            using var logits = _uploading.Forward(windows);
            using var expected = _plain.Forward(windows);
            var all = expected.View.ToArray();
            var pairs = logits.View.ToArray().Zip(all).Take(all.Length / Batch * count).ToArray();
            Assert.InRange(pairs.Max(pair => MathF.Abs(pair.First - pair.Second)), 0, 1e-4f * pairs.Max(pair => MathF.Abs(pair.Second)));
        }
    }

    [Fact]
    public void More_windows_than_a_batch_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _uploading.Forward([.. Enumerable.Range(0, Batch + 1).Select(i => Noise(new Random(i)))]));

    public void Dispose()
    {
        _uploading.Dispose();
        _plain.Dispose();
    }

    private INetwork Network()
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(_task.Model.Architecture);
        using var bare = architecture.Create(encoder, _task.Model.Channels, _task.Model.ClassCount, _task.Model.Weights);
        return NetworkOptimizer.Optimize(bare, Precision.Fp32, "cpu");
    }

    private static ReadOnlyMemory<byte> Noise(Random random)
    {
        var pixels = new byte[Channels * Size * Size];
        random.NextBytes(pixels);
        return pixels;
    }
}
