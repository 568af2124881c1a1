using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Flair.Indexing;
using Flair.Running;
using Flair.Storage.Tests.Faults;

namespace Flair.Tests.Simulation;

/// <summary>
/// One run in one of its lives: decides what goes wrong with each of its requests and of its steps on the disk, keeps the list, and dies when it is
/// killed: its directory is as it was at that moment, its requests are no longer served, and what it still does is thrown away.
/// </summary>
/// <param name="name">The run, e.g. <c>2a</c>: its life and which of those that race.</param>
/// <param name="scenario">How often things go wrong.</param>
/// <param name="turns">Whose turn it is at the storage.</param>
/// <param name="folder">The directory that it writes to: the output, or its working directory.</param>
/// <param name="calm">True when nothing may go wrong.</param>
internal sealed partial class SimulatedRun(string name, Scenario scenario, Turns turns, string folder, bool calm) : IRunObserver, IDisposable
{
    private const int NoSpace = 28; // ENOSPC
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly Fault[] s_faults = [Fault.Busy, Fault.BusyLater, Fault.Unavailable, Fault.TooMany, Fault.Error, Fault.Reset, Fault.LostReply, Fault.Hang];
    private static readonly Fault[] s_faultsOfReads = [.. s_faults, Fault.Cut, Fault.ResetInBody, Fault.HangInBody];

    private readonly Dice _dice = new(scenario.Seed);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _times = new();
    private readonly ConcurrentQueue<string> _faults = [];
    private readonly ConcurrentQueue<string> _messages = [];
    private readonly Lock _gate = new();
    private readonly HashSet<string> _settled = [];
    private readonly List<TileRow> _finished = [];
    private int _last = -1;
    private int _requests;
    private volatile bool _killed;
    private volatile bool _doomed;

    public string Name => name;

    public Turns Turns => turns;

    public string Folder => folder;

    public CancellationToken Stop => _stop.Token;

    public bool Killed => _killed;

    public bool Calm => calm;

    public int Requests => _requests;

    /// <summary>What went wrong, in the order of the names.</summary>
    public IEnumerable<string> Faults => _faults.Order(StringComparer.Ordinal);

    /// <summary>All that was told.</summary>
    public IEnumerable<string> Messages => _messages;

    /// <summary>The tiles that were done when it began.</summary>
    public required IReadOnlyList<string> DoneBefore { get; init; }

    /// <summary>All tiles.</summary>
    public required IReadOnlyList<string> AllTiles { get; init; }

    /// <summary>The tiles that it finished, well or not.</summary>
    public IReadOnlyList<TileRow> Finished
    {
        get
        {
            lock (_gate)
                return [.. _finished];
        }
    }

    public RunPlan? Plan { get; private set; }

    /// <summary>Where the directory lies as it was when the run was killed.</summary>
    private string Remains => folder + ".remains";

    public void Tell(string message) => _messages.Enqueue(message);

    public void Started(RunPlan plan) => Plan = plan;

    public void Notice(string message) => Tell(message);

    public void Progress(RunSnapshot snapshot)
    {
    }

    public void TileFinished(TileRow tile)
    {
        if (tile.Error is { } error)
            Tell(error);
        lock (_gate)
        {
            _finished.Add(tile);
            _settled.Add(tile.Tile);
        }
    }

    /// <summary>Says what becomes of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="what">Its object and operation, the same in each execution.</param>
    /// <param name="writes">Whether it is one of the output's, at which the run may be killed.</param>
    public Fault Decide(SeenRequest request, string what, bool writes)
    {
        if (_killed)
            return Fault.Reset;
        Interlocked.Increment(ref _requests);
        if (calm)
            return Fault.None;
        var step = Step(what);
        if (writes && _dice.Share($"{step} kill") < scenario.Kills)
        {
            var done = request.Method is "PUT" or "DELETE" && _dice.Index($"{step} done", 2) == 1;
            Log(step, done ? "killed, done" : "killed, not done");
            if (done)
            {
                _last = request.Number;
                return Fault.LostReply;
            }

            Kill();
            return Fault.Reset;
        }

        if (_dice.Share($"{step} fails") >= scenario.Requests)
            return Fault.None;
        var fault = _dice.Of<Fault>($"{step} fault", request.Method == "GET" ? s_faultsOfReads : s_faults);
        Log(step, fault.ToString());
        return fault;
    }

    /// <summary>The storage has done what the last request of a run that is killed asked for.</summary>
    public void Lost(SeenRequest request)
    {
        if (request.Number == _last)
            Kill();
    }

    /// <summary>Takes a step on the disk.</summary>
    public void Reach(DiskStep step, string path)
    {
        ThrowIfKilled();
        if (step == DiskStep.Write && SealedTile().Match(Path.GetRelativePath(folder, path)) is { Success: true } sealedTile)
            WaitForTilesBefore(sealedTile.Groups[1].Value);
        if (calm)
            return;
        var what = Step($"disk {step} {Simulation.Normal(Path.GetRelativePath(folder, path))}");
        if (_dice.Share($"{what} kill") < scenario.Kills)
        {
            Log(what, "killed");
            Kill();
            ThrowIfKilled();
        }

        if (step is DiskStep.Write or DiskStep.Written or DiskStep.Rename && _dice.Share($"{what} full") < scenario.Full)
        {
            Log(what, "disk full");
            Doom();
            if (step == DiskStep.Written)
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                RandomAccess.SetLength(file, RandomAccess.GetLength(file) / 2);
            }

            throw new IOException($"No space left on device : '{path}'", NoSpace);
        }
    }

    /// <summary>The run will end by an error: what still waits in it does not go on.</summary>
    public void Doom() => _doomed = true;

    public void ThrowIfKilled()
    {
        if (_killed)
            throw new OperationCanceledException("killed");
    }

    /// <summary>Puts the directory back into the state in which the run was killed.</summary>
    public void Bury()
    {
        if (!_killed)
            return;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        if (Directory.Exists(Remains))
            Directory.Move(Remains, folder);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>A tile's folder among the unfinished files.</summary>
    [GeneratedRegex(@"(?:^|/)\.flair/work/([^/]+)/[^/]+$")]
    private static partial Regex SealedTile();

    private void Kill()
    {
        lock (_gate)
        {
            if (_killed)
                return;
            if (Directory.Exists(folder))
                Copy(folder, Remains);
            _killed = true;
        }

        turns.Remove(name);
        _ = _stop.CancelAsync();
    }

    /// <summary>
    /// Sealing and recording go on at the same time, of two tiles. So that the list of faults does not depend on which is faster, a tile is not sealed
    /// before those to the west of it are recorded.
    /// </summary>
    private void WaitForTilesBefore(string tile)
    {
        var before = AllTiles.Where(other => string.CompareOrdinal(other, tile) < 0).Except(DoneBefore).ToList();
        var begun = DateTime.UtcNow;
        while (true)
        {
            lock (_gate)
            {
                if (before.TrueForAll(_settled.Contains))
                    return;
            }

            ThrowIfKilled();
            if (_doomed)
                throw new OperationCanceledException("the run is over");
            if (DateTime.UtcNow - begun > s_patience)
                throw new InvalidOperationException($"{tile} waits in vain for the record of a tile before it");
            Thread.Sleep(1);
        }
    }

    private string Step(string what) => $"{name} {what} #{_times.AddOrUpdate(what, 1, (_, before) => before + 1)}";

    private void Log(string step, string fault) => _faults.Enqueue($"{step}: {fault}");

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.GetDirectories(from))
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        foreach (var file in Directory.GetFiles(from))
        {
            // A lock is held by the run, and ends with it.
            if (Path.GetFileName(file) is "lock" || file.EndsWith(".lock", StringComparison.Ordinal))
                continue;
            try
            {
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
            }
            catch (FileNotFoundException)
            {
                // Another thread has just removed it.
            }
        }
    }
}
