using Flair.Inference;
using Flair.Kernels;
using Flair.Torch;

namespace Flair.Tests.Simulation;

/// <summary>A network of no weights: the brighter a pixel, the later its class.</summary>
internal sealed class TinyNetwork(int classes, int size) : IWindowNetwork
{
    public int BatchSize => 4;

    public PixelRect Kept { get; } = new(0, 0, size, size);

    public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        int pixels = size * size;
        var logits = new float[windows.Count * classes * pixels];
        for (int i = 0; i < windows.Count; i++)
        {
            var window = windows[i].Span;
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                int light = window[pixel] + window[pixels + pixel] + window[(2 * pixels) + pixel];
                for (int c = 0; c < classes; c++)
                    logits[(((i * classes) + c) * pixels) + pixel] = -Math.Abs((light * classes / 765f) - c);
            }
        }

        return new TensorLogits(Tensor.From<float>(logits, windows.Count, classes, size, size));
    }

    public void Dispose()
    {
    }
}
