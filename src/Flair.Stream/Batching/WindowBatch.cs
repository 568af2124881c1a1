using Flair.Running;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Batching;

/// <summary>Windows that go through the network together. The last message of a unit has none.</summary>
/// <param name="Unit">Their unit.</param>
/// <param name="Number">Number of the batch within the unit, from 0.</param>
/// <param name="Windows">The windows, in lattice order; fewer than the batch size only at the end of a unit.</param>
/// <param name="Input">[batch size, channels, size, size], single precision, normalized; rows beyond the windows are zero. Null in the message that ends a unit.</param>
public sealed record WindowBatch(UnitState Unit, int Number, IReadOnlyList<(Placement Placement, WindowRecord Record)> Windows, Tensor? Input) : IDisposable
{
    /// <summary>True in the message that ends a unit.</summary>
    public bool EndOfUnit => Input is null;

    /// <summary>Frees the tensor.</summary>
    public void Dispose() => Input?.Dispose();
}
