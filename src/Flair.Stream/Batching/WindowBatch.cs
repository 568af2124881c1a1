using Flair.Running;
using Flair.Windowing;

namespace Flair.Batching;

/// <summary>Windows that go through the network together. The last message of a unit has none.</summary>
/// <param name="Unit">Their unit.</param>
/// <param name="Windows">The windows as they were cut, in lattice order; fewer than the batch size only at the end of a unit and before a window that is computed already.</param>
public sealed record WindowBatch(UnitState Unit, IReadOnlyList<CutWindow> Windows) : IDisposable
{
    /// <summary>Windows before these whose logits are there already (<see cref="UnitState.FromBefore"/>), in lattice order.</summary>
    public IReadOnlyList<Placement> Computed { get; init; } = [];

    /// <summary>True in the message that ends a unit.</summary>
    public bool EndOfUnit => Windows.Count == 0;

    /// <summary>Gives the windows' buffers back.</summary>
    public void Dispose()
    {
        foreach (var window in Windows)
            window.Dispose();
    }
}
