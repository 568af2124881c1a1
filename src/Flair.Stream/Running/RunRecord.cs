using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Flair.Telemetry;

namespace Flair.Running;

/// <summary>
/// What a run found, did and left undone, for the person on call: <c>.flair/last-run.json</c>. It is written when a run begins, as <c>running</c>, and again when
/// it ends. Its times are this machine's and for people alone: nothing reads them.
/// </summary>
public sealed record RunRecord
{
    /// <summary>Most entries of a list; the counts beside them are complete.</summary>
    public const int MostListed = 100;

    private static readonly RunRecordJson s_json = new(new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    });

    /// <summary>The format: 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary><c>running</c>, <c>done</c>, <c>some tiles failed</c>, <c>stopped</c> or <c>error</c>; a record that says running although no run is going on is that of one that was killed.</summary>
    public required string Outcome { get; init; }

    /// <summary>The exit code; null while it runs.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The error that ended the run; null for none.</summary>
    public string? Error { get; init; }

    /// <summary>What the exit code means.</summary>
    public string? Meaning { get; init; }

    /// <summary>What a person has to do.</summary>
    public string? Next { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTime Begun { get; init; }

    /// <summary>Seconds that it took.</summary>
    public double Seconds { get; init; }

    /// <summary>The software's version.</summary>
    public required string Software { get; init; }

    /// <summary>The model in words.</summary>
    public required string Model { get; init; }

    /// <summary>True when the run before this one did not end: it was killed, or the machine went down.</summary>
    public bool FormerRunKilled { get; init; }

    /// <summary>All tiles of the inputs.</summary>
    public int Tiles { get; init; }

    /// <summary>Of these, those that were done and stayed as they are.</summary>
    public int Skipped { get; init; }

    /// <summary>Tiles that this run mapped.</summary>
    public int Done { get; init; }

    /// <summary>Tiles that failed.</summary>
    public int Failed { get; init; }

    /// <summary>Why tiles had to be mapped: how many for each reason that occurs.</summary>
    public IReadOnlyDictionary<string, int> Reasons { get; init; } = new Dictionary<string, int>();

    /// <summary>The tiles that were mapped, with the reason.</summary>
    public IReadOnlyList<RunRecordTile> DoneTiles { get; init; } = [];

    /// <summary>The tiles that failed.</summary>
    public IReadOnlyList<RunRecordTile> FailedTiles { get; init; } = [];

    /// <summary>Input files that no record knew.</summary>
    public RunRecordFiles InputsAdded { get; init; } = RunRecordFiles.None;

    /// <summary>Input files with another size or modification time than before.</summary>
    public RunRecordFiles InputsChanged { get; init; } = RunRecordFiles.None;

    /// <summary>Input files that are no longer there.</summary>
    public RunRecordFiles InputsRemoved { get; init; } = RunRecordFiles.None;

    /// <summary>Tiles without input that are part of the map all the same.</summary>
    public RunRecordFiles TilesKept { get; init; } = RunRecordFiles.None;

    /// <summary>Tiles without input whose files lie here though map and index are without them: superseded by others, of former settings, or never finished.</summary>
    public RunRecordFiles TilesLeft { get; init; } = RunRecordFiles.None;

    /// <summary>Tiles without input that were removed, as <c>--prune</c> asked.</summary>
    public RunRecordFiles TilesPruned { get; init; } = RunRecordFiles.None;

    /// <summary>Reads a record; null where there is none, or none that can be read: it is for people and binds no run.</summary>
    public static RunRecord? TryRead(OutputLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(layout.RecordFile), s_json.RunRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public void Write(OutputLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        OutputGuard.Run($"{layout.RecordFile}: the run's record cannot be written", () => DurableFile.WriteAllBytes(layout.RecordFile, Encoding.UTF8.GetBytes(Redactor.Clean(JsonSerializer.Serialize(this, s_json.RunRecord)))));
    }

    /// <summary>The record of a run that begins.</summary>
    internal static RunRecord Begin(RunPreparation plan, bool prune, DateTime now)
    {
        var survey = plan.Survey;
        var (kept, left) = (survey.Removed.Where(tile => tile.State == RemovedState.Kept), survey.Removed.Where(tile => tile.State != RemovedState.Kept));
        return new RunRecord
        {
            Outcome = "running",
            Begun = now,
            Software = plan.Identity.Software,
            Model = plan.ModelInWords,
            FormerRunKilled = TryRead(plan.Layout) is { Outcome: "running" },
            Tiles = plan.Mosaic.Tiles.Count + plan.Mosaic.Unreadable.Count,
            Skipped = plan.Finished.Count,
            Reasons = survey.ReasonCounts.ToDictionary(count => count.Reason.InWords(), count => count.Tiles),
            InputsAdded = RunRecordFiles.Of(survey.Inputs.Added),
            InputsChanged = RunRecordFiles.Of(survey.Inputs.Changed),
            InputsRemoved = RunRecordFiles.Of(survey.Inputs.Removed),
            TilesKept = prune ? RunRecordFiles.None : Names(kept),
            TilesLeft = prune ? RunRecordFiles.None : Names(left),
        };

        static RunRecordFiles Names(IEnumerable<RemovedTile> tiles) => RunRecordFiles.Of([.. tiles.Select(tile => tile.Row.Tile)]);
    }

    /// <summary>The record of the run when it ends.</summary>
    /// <param name="exitCode">How: 0, 1 or 130, or an error's, such as 75 of a run that was stuck.</param>
    /// <param name="error">The error that ended it; null for none.</param>
    internal RunRecord End(int exitCode, string? error)
    {
        var (outcome, meaning, next) = (exitCode, error) switch
        {
            (0, null) when TilesKept.Count + TilesLeft.Count > 0 =>
                ("done", "every tile that has an input is done", "bring the removed inputs back, or, when they are gone for good, run once by hand with --prune"),
            (0, null) => ("done", "every tile is done", "nothing"),
            (1, null) => ("some tiles failed", "the failed tiles are listed, the others are done", "mend what the reasons name and run the same command again: only what is not done is mapped"),
            (130, null) => ("stopped", "somebody stopped it; what is finished is safe", "run the same command again to go on"),
            _ => ("error", "the error ended the run; what is finished is safe", "mend what the error names and run the same command again to go on"),
        };
        return this with { Outcome = outcome, ExitCode = exitCode, Error = error, Meaning = meaning, Next = next };
    }
}

/// <summary>A tile in a run's record.</summary>
/// <param name="Tile">Its name.</param>
/// <param name="Reason">Why it had to be mapped.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Seconds">From its first read to its last write.</param>
public sealed record RunRecordTile(string Tile, string? Reason, string? Error, double Seconds);

/// <summary>Names in a run's record.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="First">The first of them, at most <see cref="RunRecord.MostListed"/>.</param>
public sealed record RunRecordFiles(int Count, IReadOnlyList<string> First)
{
    /// <summary>No name.</summary>
    public static RunRecordFiles None { get; } = new(0, []);

    /// <summary>The names' count and the first of them.</summary>
    public static RunRecordFiles Of(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return new(names.Count, [.. names.Take(RunRecord.MostListed)]);
    }
}

/// <summary>What <see cref="RunRecord"/> consists of, looked at by the compiler instead of at each start.</summary>
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
