using Flair.Inference;
using Flair.Kernels;
using Flair.Settings;

namespace Flair.Measuring;

/// <summary>
/// A network that does nothing, to measure everything else: it gives each window the same zeros, and where they are to be stitched, as many as a network
/// gives, as a fused one lays them. It is not among the architectures, so no settings can ask for it.
/// </summary>
internal sealed class IdleNetwork : IWindowNetwork
{
    private readonly HostLogits _logits;

    /// <summary>Makes a zero for <see cref="IdleCanvas"/>, which looks at none.</summary>
    public IdleNetwork()
        : this(1, new PixelRect(0, 0, 1, 1))
    {
    }

    /// <summary>Makes the zeros for a canvas that adds them.</summary>
    /// <param name="settings">Size and margin of the windows, and whether margins are thrown away.</param>
    /// <param name="classes">Logits a pixel.</param>
    public IdleNetwork(RunSettings settings, int classes)
        : this(classes, KeptOf(settings))
    {
    }

    private IdleNetwork(int classes, PixelRect kept)
    {
        Kept = kept;
        _logits = new(1, classes, kept.Rows, kept.Columns);
        _logits.Bytes.Clear();
    }

    public int BatchSize => 1;

    public PixelRect Kept { get; }

    public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows) => new SameLogits(_logits.View);

    public void Dispose() => _logits.Dispose();

    private static PixelRect KeptOf(RunSettings settings)
    {
        var margin = settings.Stitch == StitchMode.Crop ? settings.Window.Margin : 0;
        var side = settings.Window.Size - (2 * margin);
        return new(margin, margin, side, side);
    }

    private sealed class SameLogits(ImageView view) : WindowLogits
    {
        public override ImageView View => view;

        public override void Dispose()
        {
        }
    }
}
