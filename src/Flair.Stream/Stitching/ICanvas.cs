using Flair.Inference;
using Flair.Kernels;
using Flair.Source;

namespace Flair.Stitching;

/// <summary>Takes logits of windows and gives rows of classes. Windows come from north to south.</summary>
public interface ICanvas : IDisposable
{
    /// <summary>The logits where <see cref="Add"/> takes them, ready for this thread: themselves, or others that the caller disposes of as well.</summary>
    WindowLogits Bring(WindowLogits logits) => logits;

    /// <summary>Adds the softmax of one window's logits, weighted.</summary>
    /// <param name="logits">As <see cref="Bring"/> gave them.</param>
    /// <param name="index">Which of the windows.</param>
    /// <param name="window">Where the window lies.</param>
    /// <param name="part">The part of it to add; inside the part that logits are given of, and inside the canvas's columns.</param>
    /// <param name="left">The grid column of the canvas's first.</param>
    /// <param name="of">The part of the window that these logits are of; null: the one that the canvas was made for. It is inside that.</param>
    void Add(WindowLogits logits, int index, GridRect window, GridRect part, int left, PixelRect? of = null);

    /// <summary>How many of <paramref name="count"/> rows from <paramref name="y"/> on can be taken at once.</summary>
    int ContiguousRows(int y, int count);

    /// <summary>Takes finished rows out of the canvas and leaves them empty.</summary>
    /// <param name="rows">Says which rows and takes what is asked for; see <see cref="ContiguousRows"/>.</param>
    void Take(MapRows rows);
}
