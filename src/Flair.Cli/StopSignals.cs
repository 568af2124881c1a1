using System.Runtime.InteropServices;

namespace Flair.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks the command to stop, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private int _received;

    public StopSignals(TextWriter error)
    {
        _error = error;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _received) > 1)
            Environment.Exit(ExitCode.Stopped);
        _error.WriteLine("stopping; once more stops at once (finished tiles are safe either way)");

        // Off the signal's thread: what listens may take its time.
        ThreadPool.UnsafeQueueUserWorkItem(_ => _source.Cancel(), null);
    }
}
