using Flair.Inference;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Measuring;

/// <summary>
/// A network that does nothing, to measure everything else: it gives each window the same zeros, and where they are to be stitched, as many as a network
/// gives, in the memory format of a fused one. It is not
/// among the architectures, so no settings can ask for it.
/// </summary>
internal sealed class IdleNetwork : IWindowNetwork
{
    private readonly Tensor _logits;

    /// <summary>Makes a zero for <see cref="IdleCanvas"/>, which looks at none.</summary>
    public IdleNetwork()
    {
        Kept = new(0, 0, 1, 1);
        _logits = Creation.Zeros([1, 1, 1, 1]);
    }

    /// <summary>Makes the zeros for a canvas that adds them.</summary>
    /// <param name="settings">Size and margin of the windows, and whether margins are thrown away.</param>
    /// <param name="classes">Logits a pixel.</param>
    /// <param name="device">Where the logits lie.</param>
    public IdleNetwork(RunSettings settings, int classes, string device)
    {
        var margin = settings.Stitch == StitchMode.Crop ? settings.Window.Margin : 0;
        var side = settings.Window.Size - (2 * margin);
        Kept = new(margin, margin, side, side);
        using var zeros = Creation.Zeros([1, side, side, classes], TorchScalarType.Float32, device);
        _logits = zeros.Permute(0, 3, 1, 2);
    }

    public int BatchSize => 1;

    public PixelRect Kept { get; }

    public Tensor Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows) => _logits.Narrow(0, 0, 1);

    public void Dispose() => _logits.Dispose();
}
