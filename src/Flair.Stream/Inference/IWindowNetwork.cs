using Flair.Kernels;

namespace Flair.Inference;

/// <summary>A network that takes windows as they were cut out of the imagery. It is called by one thread at a time, always the same.</summary>
public interface IWindowNetwork : IDisposable
{
    /// <summary>Ends when it can compute, or with why it cannot; <see cref="Forward"/> waits for it.</summary>
    Task Ready => Task.CompletedTask;

    /// <summary>Windows that it wants at once; it takes fewer as well.</summary>
    int BatchSize { get; }

    /// <summary>Whether fewer are hardly slower, window by window: then a batch may end wherever a window comes that another unit has computed.</summary>
    bool TakesFewer => BatchSize == 1;

    /// <summary>The part of a window that logits are computed for, in its pixels.</summary>
    PixelRect Kept { get; }

    /// <summary>
    /// Batches that may be on their way through it. 1: <see cref="Forward"/> returns when the logits are there. More: it may return before that, as
    /// CUDA's operators do, and the next batch may come while a device computes this one (<see cref="WindowLogits.AfterThem"/> says when logits are there).
    /// </summary>
    int InFlight => 1;

    /// <summary>Normalizes the windows and computes their logits.</summary>
    /// <param name="windows">1 to <see cref="BatchSize"/> windows, each [channel][row][column]: bytes, or single-precision numbers in native byte order.</param>
    /// <returns>Those of <see cref="Kept"/>, of the windows and perhaps of more after them; the caller's.</returns>
    WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows);
}
