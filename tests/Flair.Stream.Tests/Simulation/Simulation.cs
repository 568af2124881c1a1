using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using Flair.Inference;
using Flair.Publishing;
using Flair.Running;
using Flair.Settings;
using Flair.Storage;
using Flair.Storage.Tests.Faults;

namespace Flair.Tests.Simulation;

/// <summary>
/// Nights in which everything goes wrong, each from one seed: requests between the runs and Azurite fail, the disk is full, runs race and are killed at any
/// step and started again. After each night the output must be that of a run that nothing disturbed. A seed gives the same faults each time: each is
/// decided by a hash of the seed and of the step's name, never by an order or a clock. One night at a time, as much of the storage's client is the process's.
/// </summary>
internal sealed partial class Simulation : IDisposable
{
    private const string InputContainer = "inputs";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("flair-simulation-");
    private readonly Azurite _azurite = Azurite.Start();
    private readonly FaultProxy _proxy;
    private readonly Dictionary<string, ReferenceOutput> _references = [];
    private readonly StorageOptions _ofInputs;
    private LoadedModel? _model;
    private IReadOnlyList<SimulatedRun> _runs = [];
    private bool _remoteInputs;
    private int _nights;

    public Simulation()
    {
        _proxy = new FaultProxy(_azurite.Port, Decide) { Lost = Lost, Keeps = false };
        _ofInputs = Options("");
        new BlobServiceClient(Azurite.ConnectionString(_azurite.Port)).CreateBlobContainer(InputContainer);
        RemoteOutput.ObjectsAtOnce = 1;
        DiskSteps.Watcher = Reach;
    }

    /// <summary>A name without what is random in it: the checksum in the names of index fragments.</summary>
    public static string Normal(string name) => Checksum().Replace(name, ".*.parquet");

    public void Dispose()
    {
        DiskSteps.Watcher = null;
        RemoteOutput.ObjectsAtOnce = 16;
        RemoteFiles.Configure(StorageOptions.Default);
        _proxy.Dispose();
        _azurite.Dispose();
        _root.Delete(recursive: true);
    }

    /// <summary>Plays a seed.</summary>
    public async Task<Night> PlayAsync(int seed)
    {
        var scenario = Scenario.Of(seed);
        var night = new Night(scenario);
        var folder = Path.Combine(_root.FullName, $"night-{_nights}");
        var container = $"night{_nights++}";
        var service = new BlobServiceClient(Azurite.ConnectionString(_azurite.Port));
        var box = service.GetBlobContainerClient(container);
        if (scenario.RemoteOutput)
            await box.CreateAsync();
        try
        {
            var reference = await ReferenceAsync(scenario);
            var signature = scenario.Signed ? box.GenerateSasUri(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(2)).Query : "";
            var checks = new NightChecks(night, reference, [Azurite.Key, "sig=", .. signature.Split("sig=").Skip(1).Select(rest => rest.Split('&')[0])]);
            var output = scenario.RemoteOutput ? $"az://{container}/map" : Path.Combine(folder, "out");
            if (scenario.Signed)
                output = RemotePlaces.WithoutSecret(output + signature);
            var state = await StateAsync(scenario, folder, box);
            for (int life = 1; life <= scenario.Lives + 1; life++)
            {
                await LiveAsync(scenario, checks, folder, output, life, NightChecks.Done(state));
                state = await StateAsync(scenario, folder, box);
                checks.AfterLife(state, life);
            }

            checks.AtEnd(state);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            night.Violate($"the simulation broke: {e}");
        }
        finally
        {
            _runs = [];
            if (scenario.RemoteOutput)
                await box.DeleteAsync();
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }

        return night;
    }

    [GeneratedRegex(@"\.[0-9a-f]{16}\.parquet")]
    private static partial Regex Checksum();

    /// <summary>Starts the runs of one life and waits until they have ended, in whatever way.</summary>
    private async Task LiveAsync(Scenario scenario, NightChecks checks, string folder, string output, int life, IReadOnlyList<string> done)
    {
        var calm = life > scenario.Lives;
        var dice = new Dice(scenario.Seed);
        List<string> names = [.. Enumerable.Range(0, calm ? 1 : scenario.Runs).Select(i => $"{life}{(char)('a' + i)}")];
        var turns = new Turns(dice, $"{life}", names);
        var elsewhere = dice.Share($"{life} elsewhere") < 0.3;
        List<SimulatedRun> runs =
        [
            .. names.Select(name => new SimulatedRun(
                name, scenario, turns, scenario.RemoteOutput ? Path.Combine(folder, elsewhere ? $"work-{name}" : $"work-{name[^1]}") : Path.Combine(folder, "out"), calm)
            {
                DoneBefore = done,
                AllTiles = Tiles(scenario.Tiles),
            }),
        ];
        (_runs, _remoteInputs) = (runs, scenario.RemoteInputs);

        // A process that starts knows nothing of the one before.
        RemoteFiles.Configure(_ofInputs);
        var ends = runs.Select(run => Task.Run(() => RunAsync(scenario, checks, run, output, calm))).ToList();
        var all = Task.WhenAll(ends);
        if (await Task.WhenAny(all, Task.Delay(s_patience)) != all)
        {
            checks.Night.Violate($"life {life} does not end; so far: {string.Join("; ", runs.SelectMany(run => run.Faults))}");
            return;
        }

        await all;
        foreach (var run in runs)
        {
            run.Bury();
            checks.AfterRun(run);
            run.Dispose();
        }
    }

    private async Task RunAsync(Scenario scenario, NightChecks checks, SimulatedRun run, string output, bool calm)
    {
        var settings = Settings(InputOf(scenario.Tiles, scenario.RemoteInputs), output);
        settings = settings with { Resources = settings.Resources with { Work = run.Folder } };
        var options = RunOptions(settings) with { Storage = place => new SimulatedStore(new AzureStore(place, Options(run.Name)), run) };
        try
        {
            var summary = await DetectRun.RunAsync(settings, options, run, run.Stop);
            if (!run.Killed && summary.ExitCode is not (0 or 1))
                checks.Night.Violate($"run {run.Name} ended with exit code {summary.ExitCode}");
            if (calm && summary.ExitCode != 0)
                checks.Night.Violate($"the last run ended with exit code {summary.ExitCode}: {string.Join("; ", run.Messages)}");
        }
        catch (FlairException e) when (!calm || run.Killed)
        {
            run.Tell(e.Message);
            if (e.Message.Contains('\n', StringComparison.Ordinal) && !run.Killed)
                checks.Night.Violate($"run {run.Name} told an error of several lines: {e.Message}");
        }
        catch (Exception) when (run.Killed)
        {
            // Nobody sees what it says.
        }
        catch (Exception e)
        {
            checks.Night.Violate($"run {run.Name} ended with {e}");
        }
        finally
        {
            run.Turns.Remove(run.Name);
        }
    }

    /// <summary>The output of a run that nothing disturbs, made once for each kind of input.</summary>
    private async Task<ReferenceOutput> ReferenceAsync(Scenario scenario)
    {
        var kind = $"{scenario.Tiles}-{(scenario.RemoteInputs ? "remote" : "local")}";
        if (_references.TryGetValue(kind, out var known))
            return known;
        var input = InputOf(scenario.Tiles, remote: false);
        if (!Directory.Exists(input))
            SimulatedScene.Write(input, Tiles(scenario.Tiles));
        if (scenario.RemoteInputs)
        {
            var inputs = new AzureStore(ObjectPath.Parse(InputOf(scenario.Tiles, remote: true)), _ofInputs);
            foreach (var file in Directory.GetFiles(input))
                await inputs.CreateAsync(Path.GetFileName(file), ObjectContent.OfFile(file));
        }

        var output = Path.Combine(_root.FullName, "reference-" + kind);
        _runs = [];
        RemoteFiles.Configure(_ofInputs);
        using var recorder = new Flair.Tests.Running.Recorder();
        var settings = Settings(InputOf(scenario.Tiles, scenario.RemoteInputs), output);
        var summary = await DetectRun.RunAsync(settings, RunOptions(settings), recorder, CancellationToken.None);
        Assert.Equal(0, summary.ExitCode);
        return _references[kind] = new ReferenceOutput(output);
    }

    private static List<string> Tiles(int count) => [.. Enumerable.Range(0, count).Select(i => $"tile-{i}")];

    private static RunSettings Settings(string input, string output)
    {
        var settings = Flair.Tests.Running.Scene.Settings(input, output);
        return settings with
        {
            Window = new WindowSettings { Size = SimulatedScene.Window, Margin = SimulatedScene.Window / 4 },
            Resources = settings.Resources with { Readers = 1, Threads = 1, Attempts = 1, Watchdog = 0 },
        };
    }

    private RunOptions RunOptions(RunSettings settings) => new()
    {
        Model = (model, channels) => _model ??= ModelLoader.Load(model, channels),
        TilesSealedAtOnce = 1,
        Inference = plan => InferenceWorkers.Of(1, () => new TinyNetwork(plan.Model.ClassCount, settings.Window.Size)),
    };

    private string InputOf(int tiles, bool remote) => remote ? $"az://{InputContainer}/{tiles}" : Path.Combine(_root.FullName, $"inputs-{tiles}");

    /// <summary>Pauses cost nothing and limits are never reached, see <see cref="SimulatedClock"/>.</summary>
    private StorageOptions Options(string run) => Azurite.Through(_proxy.Port) with
    {
        Attempts = 6,
        FirstDelay = TimeSpan.FromMilliseconds(10),
        LongestDelay = TimeSpan.FromSeconds(1),
        StallTimeout = TimeSpan.FromMinutes(20),
        AttemptTimeout = TimeSpan.FromMinutes(100),
        HedgeAfter = TimeSpan.FromMinutes(50),
        BreakFor = TimeSpan.FromSeconds(1),
        Time = new SimulatedClock(),
        Transport = () => new SimulatedTransport(run),
    };

    private static async Task<OutputState> StateAsync(Scenario scenario, string folder, BlobContainerClient box)
    {
        if (!scenario.RemoteOutput)
            return OutputState.OfFolder(Path.Combine(folder, "out"));
        List<string> keys = [];
        await foreach (var blob in box.GetBlobsAsync())
            keys.Add(blob.Name);
        var contents = await Task.WhenAll(keys.Select(async key => (await box.GetBlobClient(key).DownloadContentAsync()).Value.Content.ToArray()));
        return new OutputState(keys.Zip(contents).ToDictionary(pair => pair.First["map/".Length..], pair => pair.Second, StringComparer.Ordinal));
    }

    private Fault Decide(SeenRequest request)
    {
        if (request.Mark is null)
            return Fault.None;
        var (name, call) = SimulatedTransport.Parse(request.Mark);
        var runs = _runs;
        var run = name.Length > 0 ? runs.FirstOrDefault(run => run.Name == name) : _remoteInputs && runs.Count == 1 ? runs[0] : null;
        if (run is null)
            return name.Length > 0 ? Fault.Reset : Fault.None;
        var fault = run.Decide(request, Describe(request, name.Length > 0 ? "output" : "input"), name.Length > 0);
        SimulatedTransport.Announce(call, fault);
        return fault;
    }

    private void Lost(SeenRequest request)
    {
        if (request.Mark is not null && _runs.FirstOrDefault(run => run.Name == SimulatedTransport.Parse(request.Mark).Run) is { } run)
            run.Lost(request);
    }

    /// <summary>What a request asks for, the same whenever the seed is played.</summary>
    private static string Describe(SeenRequest request, string place)
    {
        var parts = request.Target.Split('?', 2);
        var query = parts.Length == 1 ? [] : parts[1].Split('&').Where(part => part.StartsWith("comp=", StringComparison.Ordinal));
        var path = Uri.UnescapeDataString(parts[0]).Split('/', 4);
        return $"{place} {request.Method} {string.Join('&', query)} {(path.Length > 3 ? Normal(path[3]) : "")}";
    }

    private void Reach(DiskStep step, string path)
    {
        foreach (var run in _runs)
        {
            if (path.StartsWith(run.Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                run.Reach(step, path);
        }
    }
}
