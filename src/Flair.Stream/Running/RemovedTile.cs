using Flair.Indexing;

namespace Flair.Running;

/// <summary>A tile of this output directory whose input is no longer among the run's.</summary>
/// <param name="Row">Its record.</param>
/// <param name="State">Whether it is still part of the map.</param>
public sealed record RemovedTile(TileRow Row, RemovedState State);

/// <summary>What becomes of a tile without input while nobody asks for its removal. Its files stay in every case.</summary>
public enum RemovedState
{
    /// <summary>It stays in map and index.</summary>
    Kept,

    /// <summary>Not in map and index: other tiles cover more than half of it, as after an input was renamed, so that it would count twice.</summary>
    Superseded,

    /// <summary>Not in map and index: it is of the model or settings that were replaced since.</summary>
    Outdated,

    /// <summary>Not in map and index: it was never finished, or its files are gone.</summary>
    Unfinished,
}
