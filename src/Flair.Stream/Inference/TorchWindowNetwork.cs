using Flair.Batching;
using Flair.Kernels;
using Flair.Models;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>
/// A network run by libtorch. The batch always has its full size, padded with zeros where there are fewer windows, as a kernel may be chosen
/// by batch size: so a window's logits do not depend on how many came with it.
/// </summary>
/// <param name="network">The network; disposed with this.</param>
/// <param name="normalizer">Makes its input.</param>
/// <param name="batchSize">Windows at once.</param>
/// <param name="windowSize">Rows and columns of a window.</param>
internal sealed class TorchWindowNetwork(INetwork network, Normalizer normalizer, int batchSize, int windowSize) : IWindowNetwork
{
    public int BatchSize => batchSize;

    public PixelRect Kept { get; } = new(0, 0, windowSize, windowSize);

    public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        using var input = Collate(windows);
        return new TensorLogits(network.Forward(input));
    }

    public void Dispose() => network.Dispose();

    private Tensor Collate(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        var values = normalizer.Channels * windowSize * windowSize;
        var input = Creation.Zeros([batchSize, normalizer.Channels, windowSize, windowSize]);
        try
        {
            Parallel.For(0, windows.Count, i =>
            {
                unsafe
                {
                    normalizer.Normalize(windows[i].Span, new Span<float>((float*)input.DataPointer + ((long)i * values), values));
                }
            });
            return input;
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }
}
