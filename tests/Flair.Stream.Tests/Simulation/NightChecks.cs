using System.Text;
using System.Text.Json;
using Flair.Indexing;

namespace Flair.Tests.Simulation;

/// <summary>What must be true after each life of the runs, and at the end.</summary>
internal sealed class NightChecks(Night night, ReferenceOutput reference, IReadOnlyList<string> secrets)
{
    /// <summary>Requests that a run may need where nothing fails, and how often each may be tried.</summary>
    private const int MostRequests = 250 * 6;

    private static readonly string[] s_state =
        [".flair/run.json", ".flair/index.json", ".flair/last-run.json", ".flair/listed", ".flair/map.json", ".flair/lock", "slices.parquet", "tiles.parquet"];

    public Night Night => night;

    /// <summary>The tiles that are done.</summary>
    public static IReadOnlyList<string> Done(OutputState state) => [.. state.Records().Select(record => record.Row).OfType<TileRow>().Where(row => row.Status == TileStatus.Done).Select(row => row.Tile)];

    /// <summary>A tile with a record is never computed again; what is told holds no secret; no request is repeated for ever.</summary>
    public void AfterRun(SimulatedRun run)
    {
        night.Faults.AddRange(run.Faults);
        night.Requests += run.Requests;
        night.Kills += run.Killed ? 1 : 0;
        foreach (var tile in run.Finished.Select(row => row.Tile).Intersect(run.DoneBefore))
            night.Violate($"run {run.Name} computed {tile} again");
        if (run.Plan is { } plan && plan.TilesFinished < run.DoneBefore.Count)
            night.Violate($"run {run.Name} found {plan.TilesFinished} of {run.DoneBefore.Count} tiles done");
        if (run.Requests > MostRequests)
            night.Violate($"run {run.Name} made {run.Requests} requests");
        foreach (var message in run.Messages.Where(message => secrets.Any(secret => message.Contains(secret, StringComparison.Ordinal))))
            night.Violate($"run {run.Name} told a secret: {message}");
        if (run.Calm && night.Scenario.RemoteOutput && Directory.GetFiles(run.Folder, "*.tif", SearchOption.AllDirectories) is [var raster, ..])
            night.Violate($"the last run left {raster}");
        if (Directory.Exists(run.Folder))
            FindSecrets(OutputState.OfFolder(run.Folder), $"the directory of run {run.Name}");
    }

    /// <summary>Every file under a final name is whole, and every record names whole files.</summary>
    public void AfterLife(OutputState state, int life)
    {
        foreach (var (path, bytes) in state.Files.Where(file => !OutputState.IsTemporary(file.Key)))
        {
            if (!IsWhole(path, bytes))
                night.Violate($"life {life} left {path} with {bytes.Length} bytes that are not its content");
        }

        foreach (var (path, row) in state.Records())
        {
            if (row is null)
                night.Violate($"life {life} left a torn record {path}");
            else if (row.Status == TileStatus.Done)
                Check(state, row, life);
        }

        FindSecrets(state, "the output");
    }

    /// <summary>The output is that of a run that nothing disturbed, and nothing else lies there.</summary>
    public void AtEnd(OutputState state)
    {
        var temporary = state.Files.Keys.Where(OutputState.IsTemporary).ToList();
        if (temporary.Count > 0)
            night.Violate($"left over: {string.Join(", ", temporary)}");
        var users = state.Files.Keys.Where(path => !path.StartsWith(".flair", StringComparison.Ordinal) && !path.EndsWith(".parquet", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        if (!users.SetEquals(reference.Files.Keys))
            night.Violate($"the files are {string.Join(", ", users.Order(StringComparer.Ordinal))}, not {string.Join(", ", reference.Files.Keys.Order(StringComparer.Ordinal))}");
        var (records, fragments) = (state.Files.Keys.Count(path => path.StartsWith(".flair/tiles/", StringComparison.Ordinal)), state.Files.Keys.Count(path => path.StartsWith(".flair/slices/", StringComparison.Ordinal)));
        if (records != night.Scenario.Tiles || fragments != night.Scenario.Tiles)
            night.Violate($"{records} records and {fragments} fragments of {night.Scenario.Tiles} tiles");

        var index = Directory.CreateTempSubdirectory("flair-simulated-index-");
        try
        {
            foreach (var name in new[] { "slices.parquet", "tiles.parquet" })
            {
                if (!state.Files.TryGetValue(name, out var bytes))
                {
                    night.Violate($"{name} is missing");
                    return;
                }

                File.WriteAllBytes(Path.Combine(index.FullName, name), bytes);
            }

            if (ReferenceOutput.RowsOf(index.FullName) != reference.Rows)
                night.Violate("the index has other rows");
        }
        finally
        {
            index.Delete(recursive: true);
        }
    }

    private bool IsWhole(string path, byte[] bytes)
    {
        if (reference.Files.TryGetValue(path, out var expected))
            return bytes.AsSpan().SequenceEqual(expected);
        if (path.EndsWith(".parquet", StringComparison.Ordinal))
            return bytes.Length > 12 && bytes.AsSpan(0, 4).SequenceEqual("PAR1"u8) && bytes.AsSpan(bytes.Length - 4).SequenceEqual("PAR1"u8);
        if (!s_state.Contains(path) && !path.StartsWith(".flair/tiles/", StringComparison.Ordinal))
            return false;
        return !path.EndsWith(".json", StringComparison.Ordinal) || IsJson(bytes);
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Check(OutputState state, TileRow row, int life)
    {
        var fragment = row.Fragment?.Path ?? $".flair/slices/{row.Tile}.parquet";
        if (!state.Files.ContainsKey(fragment))
            night.Violate($"life {life} left a record of {row.Tile} without {fragment}");
        foreach (var file in row.Outputs.Concat(row.Fragment is null ? [] : [row.Fragment]))
        {
            if (!state.Files.TryGetValue(file.Path, out var bytes) || Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)) != file.Sha256)
                night.Violate($"life {life} left a record of {row.Tile} whose {file.Path} is {(bytes is null ? "not there" : "another file")}");
        }
    }

    private void FindSecrets(OutputState state, string where)
    {
        foreach (var (path, bytes) in state.Files)
        {
            foreach (var secret in secrets.Where(secret => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0))
                night.Violate($"{path} in {where} holds a secret ({secret[..4]}…)");
        }
    }
}
