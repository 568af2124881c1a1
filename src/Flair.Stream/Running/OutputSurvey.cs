using Flair.Indexing;
using Flair.Source;

namespace Flair.Running;

/// <summary>
/// What an output directory holds beside what a run's inputs, model and settings promise: which tiles are done, why the others are not, and which have
/// lost their input. Fingerprints are compared for equality alone: no time is earlier or later than another, so clocks may differ.
/// </summary>
public sealed class OutputSurvey
{
    private readonly RunPreparation _plan;
    private readonly InputChanges.Collector _inputs;
    private readonly Dictionary<string, TileReason> _reasons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<OutputFile>> _former = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly string _settings;

    /// <summary>Looks at the records; writes nothing.</summary>
    internal OutputSurvey(RunPreparation plan)
    {
        _plan = plan;
        _settings = Sha256.OfText(plan.SettingsText);
        var mosaic = plan.Mosaic;
        var set = plan.Settings.FlairDetect is null ? plan.Settings.Window.Size : 0;
        _inputs = new InputChanges.Collector(
            mosaic.Fingerprints(mosaic.Bounds.Inflate(set), asRead: false).Concat(mosaic.Unreadable.Select(tile => new InputFingerprint(tile.File, -1, 0))));
        Finished = [.. mosaic.Tiles.Select(FinishedRecord).OfType<TileRow>()];
        foreach (var tile in mosaic.Unreadable)
        {
            if (TileRecordFile.TryRead(plan.Layout.Index.Record(tile.Name), out var row, out _) && row.Tile == tile.Name)
                Note(row, frozen: true);
        }

        // A FLAIR-1 file maps one raster to one name: what another raster left there was replaced.
        Removed = plan.Settings.FlairDetect is null ? [.. FindRemoved()] : [];
        Inputs = _inputs.Result();
    }

    /// <summary>Records of the tiles that need no work.</summary>
    public IReadOnlyList<TileRow> Finished { get; }

    /// <summary>Why the others are mapped, by tile.</summary>
    public IReadOnlyDictionary<string, TileReason> Reasons => _reasons;

    /// <summary>How many tiles are mapped for each reason that occurs.</summary>
    public IReadOnlyList<(TileReason Reason, int Tiles)> ReasonCounts =>
        [.. _reasons.Values.GroupBy(reason => reason).OrderBy(group => group.Key).Select(group => (group.Key, group.Count()))];

    /// <summary>The tiles without input, by name.</summary>
    public IReadOnlyList<RemovedTile> Removed { get; }

    /// <summary>The inputs beside what the records say of them.</summary>
    public InputChanges Inputs { get; }

    /// <summary>The files of a tile of other settings that is being replaced; empty for any other.</summary>
    public IReadOnlyList<OutputFile> FormerOutputs(string tile) => _former.GetValueOrDefault(tile, []);

    /// <summary>How often a tile has been tried in vain.</summary>
    public int FailuresOf(string tile) => _failures.GetValueOrDefault(tile);

    /// <summary>SHA-256 over all that decides which rows an index has.</summary>
    public static string Digest(IEnumerable<TileRow> rows) => Sha256.OfText(string.Join('\n', rows
        .Select(row => $"{row.Tile}\t{row.Status}\t{row.InputsFingerprint}\t{row.ModelFingerprint}\t{row.SettingsFingerprint}\t{row.Error}")
        .Order(StringComparer.Ordinal)));

    /// <summary>The record of a tile that is done with these inputs, model and settings, and whose files are there; else null.</summary>
    private TileRow? FinishedRecord(SourceTile tile)
    {
        var record = _plan.Layout.Index.Record(tile.Name);
        if (!TileRecordFile.TryRead(record, out var row, out _) || row.Tile != tile.Name)
            return Todo(tile, File.Exists(record) ? TileReason.Incomplete : TileReason.New);
        Note(row, frozen: false);
        if (row.ModelFingerprint != _plan.Model.Fingerprint || row.SettingsFingerprint != _settings)
        {
            _former[tile.Name] = row.Outputs;
            return Todo(tile, row.ModelFingerprint != _plan.Model.Fingerprint ? TileReason.Model : TileReason.Settings);
        }

        if (row.Status != TileStatus.Done)
            return Todo(tile, TileReason.FailedBefore);
        if (!IsWhole(row))
            return Todo(tile, TileReason.Incomplete);

        // The paths that were read are strings of their own, a dozen kilobytes a tile; the mosaic's are shared by all tiles.
        var inputs = _plan.InputsOf(tile);
        if (row.InputsFingerprint == Fingerprints.OfInputs(inputs))
            return row with { Inputs = inputs };

        // What was computed from a file before it was put into quarantine is as good as before.
        inputs = _plan.InputsOf(tile, asRead: false);
        return row.InputsFingerprint == Fingerprints.OfInputs(inputs)
            ? row with { Inputs = inputs }
            : Todo(tile, OwnChanged(tile, row.Inputs, inputs) ? TileReason.InputChanged : TileReason.NeighbourChanged);
    }

    private void Note(TileRow row, bool frozen)
    {
        _inputs.Add(row, frozen);
        if (row.Status == TileStatus.Failed)
            _failures[row.Tile] = row.Attempts;
    }

    private TileRow? Todo(SourceTile tile, TileReason reason)
    {
        _reasons[tile.Name] = reason;
        return null;
    }

    private static bool OwnChanged(SourceTile tile, IReadOnlyList<InputFingerprint> before, IReadOnlyList<InputFingerprint> now)
    {
        var own = tile.Files.Select(RasterInfo.WithoutQuery).ToHashSet(StringComparer.Ordinal);
        return !now.Where(file => own.Contains(file.Path)).All(before.Contains);
    }

    private bool IsWhole(TileRow row) => _plan.Layout.Remote?.Holds(row) ?? (File.Exists(_plan.Layout.Index.Fragment(row.Tile)) && row.Outputs.All(output =>
        new FileInfo(Path.Combine(_plan.Layout.Root, output.Path)) is { Exists: true } file && file.Length == output.Bytes));

    private IEnumerable<RemovedTile> FindRemoved()
    {
        var layout = _plan.Layout.Index;
        if (!Directory.Exists(layout.Records))
            yield break;
        var names = _plan.Mosaic.Tiles.Select(tile => tile.Name).Concat(_plan.Mosaic.Unreadable.Select(tile => tile.Name));
        var present = names.Select(name => Path.GetFileName(layout.Record(name))).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(layout.Records, "*.json").Where(path => !present.Contains(Path.GetFileName(path))).Order(StringComparer.Ordinal))
        {
            // A torn record of a tile that is no more says nothing; one that lies under another's name is not the run's.
            if (!TileRecordFile.TryRead(path, out var row, out _) || layout.Record(row.Tile) != path)
                continue;
            _inputs.Add(row, frozen: true);
            yield return new RemovedTile(row, StateOf(row));
        }
    }

    private RemovedState StateOf(TileRow row)
    {
        if (row.Status != TileStatus.Done || !IsWhole(row))
            return RemovedState.Unfinished;
        if (row.ModelFingerprint != _plan.Model.Fingerprint || row.SettingsFingerprint != _settings)
            return RemovedState.Outdated;
        var rect = _plan.RectOf(row);
        return 2 * _plan.Mosaic.Imagery[0].Layer.In(rect).Sum(file => rect.Intersect(file.Rect).Area) > rect.Area ? RemovedState.Superseded : RemovedState.Kept;
    }
}
