using Flair.Indexing;
using Flair.Publishing;
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
    /// <param name="settings">The settings.</param>
    /// <param name="remote">The object storage that the output goes to; null for a local one.</param>
    public OutputLayout(RunSettings settings, RemoteOutput? remote = null)
    {
        _flair = settings.FlairDetect;
        Remote = remote;
        Base = remote?.Folder ?? Path.GetFullPath(settings.Output);
        Root = _flair is null ? Base : Path.Combine(Base, _flair.OutputName + ".flair");
        Tiles = _flair is null ? Path.Combine(Root, "tiles") : Base;
        Index = new IndexLayout(Root);
    }

    /// <summary>The object storage that the output goes to, for which the directories here only stand; null for a local one.</summary>
    public RemoteOutput? Remote { get; }

    /// <summary><see cref="Root"/> as the user knows it: the directory or the address.</summary>
    public string Shown => Remote is null ? Root : Remote.Place.Join(Root == Base ? "" : Path.GetFileName(Root)).ToString();

    /// <summary>The directory that the user named, or what stands for the address.</summary>
    public string Base { get; }

    /// <summary>The directory that <c>flair inspect</c> opens: it holds the index and the run's state.</summary>
    public string Root { get; }

    /// <summary>Where finished rasters go.</summary>
    public string Tiles { get; }

    /// <summary>The index's files, and the records that make a tile done.</summary>
    public IndexLayout Index { get; }

    /// <summary>Temporary files of the run that is going on; emptied when one starts.</summary>
    public string Work => Path.Combine(Index.Work, "work");

    /// <summary>Decoded blocks that are kept for later units; beside the tiles' folders in <see cref="Work"/>, whose names end otherwise.</summary>
    public string Blocks => Path.Combine(Index.Work, "work-blocks");

    /// <summary>What this directory is: settings, model, grid.</summary>
    public string RunFile => Path.Combine(Index.Work, "run.json");

    /// <summary>Inputs that are known to take the process down, see <see cref="Source.Quarantine"/>.</summary>
    public string QuarantineFile => Path.Combine(Index.Work, "quarantine.json");

    /// <summary>What the last run did, see <see cref="RunRecord"/>.</summary>
    public string RecordFile => Path.Combine(Index.Work, "last-run.json");

    /// <summary>Held open by the run that is going on.</summary>
    public string LockFile => Path.Combine(Index.Work, "lock");

    /// <summary>File name of a tile's rasters without suffix and extension.</summary>
    public string NameOf(SourceTile tile) => _flair?.OutputName ?? tile.Name;
}
