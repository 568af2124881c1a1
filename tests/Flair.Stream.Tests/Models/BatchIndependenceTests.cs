using Flair.Checkpoints;
using Flair.Models;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Models;

/// <summary>
/// A map is the same in every run only if a window's logits do not depend on its company: not on its place in the batch, nor on the
/// other windows, nor on the number of threads.
/// </summary>
[Collection(LibTorchCollection.Name)]
public sealed class BatchIndependenceTests : IDisposable
{
    private const int Channels = 3;

    private readonly int _threads = LibTorch.Threads;

    public static TheoryData<string, Precision> Models
    {
        get
        {
            var models = new TheoryData<string, Precision>();
            foreach (var name in ArchitectureRegistry.Names.Where(name => name.StartsWith("resnet18_", StringComparison.Ordinal) || name.StartsWith("mit_b0_", StringComparison.Ordinal)))
            {
                models.Add(name, Precision.Fp32);
                // Slow on most CPUs: the kernels of both encoders, and LinkNet's, which differ in bf16.
                if (name is "resnet18_unet" or "resnet18_linknet" or "mit_b0_unet")
                    models.Add(name, Precision.Bf16);
            }

            return models;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void AWindowsLogitsDoNotDependOnItsBatch(string model, Precision precision)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(model);
        using var bare = ReferenceModel.FormulaNetwork(architecture, encoder, Channels, 19);
        using var network = NetworkOptimizer.Optimize(bare, precision, "cpu");
        // A processor that does not multiply bf16 takes seconds for a window of the other size.
        var size = precision == Precision.Bf16 ? 64 : 128;
        var windows = FormulaWeights.Input(8 * Channels * size * size);
        LibTorch.Threads = 2;
        var expected = LogitsOfFirstWindow([0, 1, 2, 3]);
        Assert.Equal(expected, LogitsOfFirstWindow([4, 0, 5, 6]));
        Assert.Equal(expected, LogitsOfFirstWindow([3, 2, 1, 0]));
        LibTorch.Threads = 1;
        Assert.Equal(expected, LogitsOfFirstWindow([5, 4, 0, 2]));

        float[] LogitsOfFirstWindow(int[] batch)
        {
            var length = Channels * size * size;
            var values = batch.SelectMany(window => windows.AsSpan(window * length, length).ToArray()).ToArray();
            using var input = Tensor.From<float>(values, batch.Length, Channels, size, size);
            using var logits = network.Forward(input);
            using var mine = logits.Select(0, Array.IndexOf(batch, 0));
            return mine.ToArray<float>();
        }
    }

    public void Dispose() => LibTorch.Threads = _threads;
}
