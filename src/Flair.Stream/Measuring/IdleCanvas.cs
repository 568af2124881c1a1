using Flair.Inference;
using Flair.Kernels;
using Flair.Source;
using Flair.Stitching;

namespace Flair.Measuring;

/// <summary>Stitching that does nothing: whatever the logits are, all pixels are of the first class, with certainty.</summary>
internal sealed class IdleCanvas : ICanvas
{
    public void Add(WindowLogits logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null)
    {
    }

    public int ContiguousRows(int y, int count) => count;

    public void Take(MapRows rows)
    {
        rows.Classes.Clear();
        rows.Confidence.Fill(byte.MaxValue);
        rows.Probabilities.Clear();
    }

    public void Dispose()
    {
    }
}
