using System.Runtime.InteropServices;
using Flair.Source;

namespace Flair.Cli;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the command to stop, the second ends the process at once, and so does time where a long batch lets the
/// first one wait: a run can be ended anywhere.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private readonly Timer _deadline;
    private int _received;

    /// <summary>How long the first signal may wait for the command to end.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(3);

    public StopSignals(TextWriter error)
    {
        _error = error;
        _deadline = new Timer(_ => End(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _deadline.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        DecodeLedger.Current?.CountStop();
        if (Interlocked.Increment(ref _received) > 1)
            Environment.Exit(ExitCode.Stopped);
        _error.WriteLine("stopping; once more stops at once (what is finished is safe either way)");

        _deadline.Change(Patience, Timeout.InfiniteTimeSpan);

        // Off the signal's thread: what listens may take its time.
        ThreadPool.UnsafeQueueUserWorkItem(_ => _source.Cancel(), null);
    }

    private void End()
    {
        _error.WriteLine("stopped in the middle of a batch; run the same command again to go on");
        Environment.Exit(ExitCode.Stopped);
    }
}
