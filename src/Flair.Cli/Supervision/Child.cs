using System.Diagnostics;
using System.Runtime.InteropServices;
using Flair.Source;

namespace Flair.Cli.Supervision;

/// <summary>Runs children one after the other, hands on the signals to stop, and kills a child that hangs.</summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>What a child that is asked to stop, or killed, may take.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Time for a signal that the terminal or systemd sends to all to reach the child by itself.</summary>
    private static readonly TimeSpan OwnWay = TimeSpan.FromMilliseconds(300);

    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration[] _registrations;
    private Process? _process;
    private DecodeLedger? _ledger;
    private int _stops;
    private long _stopTimestamp;

    public Child() =>
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];

    /// <summary>True once it was asked to stop.</summary>
    public bool IsStopping => Volatile.Read(ref _stops) > 0;

    /// <summary>Runs this program with other arguments and waits for its end.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="ledger">Where the child notes what it decodes.</param>
    /// <param name="silent">True to let its output go nowhere.</param>
    /// <param name="stall">How long an input may take without progress; null for what the child tells.</param>
    /// <exception cref="FlairException">It was killed and stays.</exception>
    public ChildEnd Run(IReadOnlyList<string> arguments, DecodeLedger ledger, bool silent, TimeSpan? stall = null)
    {
        ledger.Clear();
        var killed = Processes.KilledForMemory();
        using var process = Processes.Start(arguments, ledger, silent);
        lock (_lock)
            (_process, _ledger) = (process, ledger);
        try
        {
            var stalled = Wait(process, ledger, stall);
            return new ChildEnd(
                process.ExitCode, stalled.Count > 0 ? stalled : ledger.Active(), stalled.Count > 0, IsStopping, Processes.KilledForMemory() > killed);
        }
        finally
        {
            lock (_lock)
                _process = null;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private IReadOnlyList<DecodeEntry> Wait(Process process, DecodeLedger ledger, TimeSpan? stall)
    {
        var watch = new StallWatch(2 * Look);
        var last = Stopwatch.GetTimestamp();
        while (!process.WaitForExit(Look))
        {
            var step = Stopwatch.GetElapsedTime(last);
            last = Stopwatch.GetTimestamp();
            if (IsStopping && Stopwatch.GetElapsedTime(Volatile.Read(ref _stopTimestamp)) > Grace)
                End(process);
            if (Processes.IsStopped(process.Id))
                continue;
            var stalled = watch.Look(ledger.Active(), step, stall ?? ledger.Stall);
            if (stalled.Count == 0 || process.HasExited)
                continue;
            End(process);
            return stalled;
        }

        process.WaitForExit();
        return [];
    }

    private static void End(Process process)
    {
        process.Kill();
        if (!process.WaitForExit(Grace))
            throw new FlairException($"process {process.Id} hangs in the kernel (a disk or a network drive that does not answer?) and cannot be ended; see to that first, then run again");
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Volatile.Write(ref _stopTimestamp, Stopwatch.GetTimestamp());
        var count = Interlocked.Increment(ref _stops);

        // A second signal to the child would end it at once: only what it has not seen is handed on.
        Thread.Sleep(OwnWay);
        lock (_lock)
        {
            if (_process is { HasExited: false } process && _ledger!.Stops < count)
                Processes.Send(process.Id, context.Signal == PosixSignal.SIGINT ? Processes.Interrupt : Processes.Terminate);
        }
    }
}
