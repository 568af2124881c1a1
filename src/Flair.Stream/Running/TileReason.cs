namespace Flair.Running;

/// <summary>Why a run maps a tile.</summary>
public enum TileReason
{
    /// <summary>This output directory has no record of it: it is new, or an earlier run was stopped before it.</summary>
    New,

    /// <summary>A raster with pixels of it was replaced, touched, renamed, added or removed.</summary>
    InputChanged,

    /// <summary>So was one that its windows reach into: a neighbour within one window's size.</summary>
    NeighbourChanged,

    /// <summary>It was mapped by another model, which is being replaced.</summary>
    Model,

    /// <summary>It was mapped with other settings, which are being replaced.</summary>
    Settings,

    /// <summary>Its record is torn, or one of its files is missing or has another size.</summary>
    Incomplete,

    /// <summary>An earlier run could not map it.</summary>
    FailedBefore,
}

/// <summary>Reasons for people.</summary>
public static class TileReasons
{
    /// <summary>A reason in a word or two.</summary>
    public static string InWords(this TileReason reason) => reason switch
    {
        TileReason.New => "new",
        TileReason.InputChanged => "input changed",
        TileReason.NeighbourChanged => "neighbour changed",
        TileReason.Model => "other model",
        TileReason.Settings => "other settings",
        TileReason.Incomplete => "was incomplete",
        _ => "failed before",
    };
}
