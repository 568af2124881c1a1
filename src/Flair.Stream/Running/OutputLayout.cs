using Flair.Settings;
using Flair.Source;

namespace Flair.Running;

/// <summary>
/// Where everything of a run lies. A pipeline's output directory holds <c>tiles/</c>, the index and what shows the whole map; its
/// <c>.flair/</c> holds what resuming needs. A FLAIR-1 run writes one raster where its file says, and everything else into
/// <c>NAME.flair/</c> beside it, so that several results can share a directory as they do there.
/// </summary>
public sealed class OutputLayout
{
    private readonly FlairDetectSettings? _flair;

    /// <summary>Decides the places; touches no disk.</summary>
    public OutputLayout(RunSettings settings)
    {
        _flair = settings.FlairDetect;
        Base = Path.GetFullPath(settings.Output);
        Root = _flair is null ? Base : Path.Combine(Base, _flair.OutputName + ".flair");
        Tiles = _flair is null ? Path.Combine(Root, "tiles") : Base;
    }

    /// <summary>The directory that the user named.</summary>
    public string Base { get; }

    /// <summary>The directory that <c>flair inspect</c> opens: it holds the index and the run's state.</summary>
    public string Root { get; }

    /// <summary>Where finished rasters go.</summary>
    public string Tiles { get; }

    /// <summary>What resuming needs; a person never has to look here.</summary>
    public string State => Path.Combine(Root, ".flair");

    /// <summary>Commit records, one a tile.</summary>
    public string Records => Path.Combine(State, "tiles");

    /// <summary>Index fragments, one a tile.</summary>
    public string Fragments => Path.Combine(State, "slices");

    /// <summary>Temporary files of the run that is going on; emptied when one starts.</summary>
    public string Work => Path.Combine(State, "work");

    /// <summary>What this directory is: settings, model, grid.</summary>
    public string RunFile => Path.Combine(State, "run.json");

    /// <summary>Held open by the run that is going on.</summary>
    public string LockFile => Path.Combine(State, "lock");

    /// <summary>File name of a tile's rasters without suffix and extension.</summary>
    public string NameOf(SourceTile tile) => _flair?.OutputName ?? tile.Name;

    /// <summary>A tile's commit record.</summary>
    public string RecordOf(string tile) => Path.Combine(Records, tile + ".json");

    /// <summary>A tile's index fragment.</summary>
    public string FragmentOf(string tile) => Path.Combine(Fragments, tile + ".parquet");
}
