using Flair.Indexing;
using Flair.Inference;
using Flair.Settings;
using Flair.Stitching;
using Flair.Storage;
using Flair.Tiles;

namespace Flair.Running;

/// <summary>How a run is carried out, as far as it changes no pixel.</summary>
public sealed record RunOptions
{
    /// <summary>The software's version, written into the outputs.</summary>
    public string Version { get; init; } = typeof(RunOptions).Assembly.GetName().Version!.ToString(3);

    /// <summary>How often <see cref="IRunObserver.Progress"/> is called.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The watchdog's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// True to go on in an output directory of another model or other settings: every tile is mapped again, and each is valid as it was until its new
    /// rasters are complete. The directory belongs to the new settings from then on, so that a later run goes on with them without this. Another grid is refused all the same.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>True to remove the tiles whose input is no longer there, with their files, records and rows.</summary>
    public bool Prune { get; init; }

    /// <summary>Opens the storage that outputs go to; null for the usual way.</summary>
    internal Func<ObjectPath, IObjectStore>? Storage { get; init; }

    /// <summary>Gives the model for the channels of the inputs, where it is not to be read anew for each of many runs; null to read it.</summary>
    internal Func<ModelSettings, int, LoadedModel>? Model { get; init; }

    /// <summary>Tiles whose COGs are made at once; 1 where the order of what is written matters.</summary>
    internal int TilesSealedAtOnce { get; init; } = SealBlock.WorkersOf(Environment.ProcessorCount);

    /// <summary>Makes other networks than the model's, for measuring; null for the model's.</summary>
    internal Func<RunPreparation, InferenceWorkers>? Inference { get; init; }

    /// <summary>Makes other canvases than one that stitches, for measuring; null for those.</summary>
    internal Func<ICanvas>? Canvas { get; init; }
}

/// <summary>
/// What a run tells while it goes on. Calls come one at a time, from the run's own threads; an observer that blocks slows the run down.
/// </summary>
public interface IRunObserver
{
    /// <summary>Once, before anything is computed.</summary>
    void Started(RunPlan plan);

    /// <summary>Something worth a line that is not an error, e.g. which of two deliveries of a dalle is used.</summary>
    void Notice(string message);

    /// <summary>Every <see cref="RunOptions.ProgressInterval"/>.</summary>
    void Progress(RunSnapshot snapshot);

    /// <summary>A tile was finished, or failed.</summary>
    void TileFinished(TileRow tile);

    /// <summary>A block has made no progress for as long as the watchdog allows; the run still goes on.</summary>
    void Stalled(RunStall stall) => Notice(stall.ToString());
}

/// <summary>Where a run stands.</summary>
public sealed record RunSnapshot
{
    /// <summary>Time since the run began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Tiles of the run, those found finished included.</summary>
    public required int TilesTotal { get; init; }

    /// <summary>Tiles that an earlier run had finished.</summary>
    public required int TilesSkipped { get; init; }

    /// <summary>Tiles that this run finished.</summary>
    public required int TilesDone { get; init; }

    /// <summary>Tiles that failed.</summary>
    public required int TilesFailed { get; init; }

    /// <summary>Windows that this run has to look at; some may turn out to be without data.</summary>
    public required long WindowsTotal { get; init; }

    /// <summary>Windows seen so far, computed or without data.</summary>
    public required long WindowsDone { get; init; }

    /// <summary>Windows that the network has computed.</summary>
    public required long WindowsComputed { get; init; }

    /// <summary>The blocks, in the data's order.</summary>
    public required IReadOnlyList<BlockSnapshot> Blocks { get; init; }
}

/// <summary>How a run ended.</summary>
public sealed record RunSummary
{
    /// <summary>The exit code of a run that the watchdog ended (<c>EX_TEMPFAIL</c> of sysexits.h): the same command goes on.</summary>
    public const int StalledExitCode = 75;

    /// <summary>The last snapshot.</summary>
    public required RunSnapshot Final { get; init; }

    /// <summary>Time from the first unit to the last record: without the checks, the loading of the weights, and the files of the whole map.</summary>
    public required TimeSpan Mapping { get; init; }

    /// <summary>True when it was stopped before all tiles were tried.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>Every tile that failed, with its reason.</summary>
    public required IReadOnlyList<TileRow> Failed { get; init; }

    /// <summary>Hectares mapped by this output directory, all runs together, a class: name, hectares.</summary>
    public required IReadOnlyList<(string Class, double Hectares)> Areas { get; init; }

    /// <summary>The output directory, or its address in object storage.</summary>
    public required string Output { get; init; }

    /// <summary>What a person opens first: name and path relative to <see cref="Output"/>, e.g. ("map", "map.vrt").</summary>
    public required IReadOnlyList<(string What, string Path)> Products { get; init; }

    /// <summary>What was found when the run began, and why it did what it did.</summary>
    public RunRecord? Record { get; init; }

    /// <summary>0 all done, 1 some tiles failed; 130 when cancelled.</summary>
    public int ExitCode => Cancelled ? 130 : Failed.Count > 0 ? 1 : 0;
}

/// <summary>What a run would do; nothing of it has been computed.</summary>
public sealed record RunPlan
{
    /// <summary>All tiles.</summary>
    public required int Tiles { get; init; }

    /// <summary>Tiles that are finished already.</summary>
    public required int TilesFinished { get; init; }

    /// <summary>Why the others are mapped: how many for each reason that occurs.</summary>
    public IReadOnlyList<(TileReason Reason, int Tiles)> Reasons { get; init; } = [];

    /// <summary>The inputs beside those that the output directory was made from.</summary>
    public InputChanges Inputs { get; init; } = InputChanges.None;

    /// <summary>Tiles in the output directory whose input is no longer there, by name.</summary>
    public IReadOnlyList<string> RemovedTiles { get; init; } = [];

    /// <summary>Groups of neighbouring tiles that are mapped together.</summary>
    public required int Units { get; init; }

    /// <summary>Windows to look at for the unfinished tiles.</summary>
    public required long Windows { get; init; }

    /// <summary>Pixels of all tiles.</summary>
    public required long Pixels { get; init; }

    /// <summary>Area of all tiles in hectares; 0 when the CRS is not metric.</summary>
    public required double Hectares { get; init; }

    /// <summary>Bytes of the input files that are read.</summary>
    public required long BytesToRead { get; init; }

    /// <summary>Most memory that the run is expected to use, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Disk that the outputs and temporary files are expected to need, in bytes.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Bytes free where the output goes.</summary>
    public required long DiskFreeBytes { get; init; }

    /// <summary>Time expected on this machine, from a short measurement of the network and the decoder; null when not measured.</summary>
    public TimeSpan? Expected { get; init; }

    /// <summary>Seconds a window in the network, measured; null when not measured.</summary>
    public double? SecondsPerWindow { get; init; }

    /// <summary>The device that will be used, e.g. <c>cpu (2 threads)</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Model in words, e.g. <c>resnet34_unet, 5 channels, flair-15</c>.</summary>
    public required string Model { get; init; }
}
