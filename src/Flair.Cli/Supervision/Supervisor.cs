using Flair.Source;

namespace Flair.Cli.Supervision;

/// <summary>
/// Runs a command in a child of this process. When native code takes the child down or hangs it, the inputs that it was decoding are decoded
/// each in a child of its own; the one that crashes or hangs again goes into quarantine, and the command is run again, which goes on where it was.
/// This process loads no native library, so that it outlives all this, and no part of the system that it does not need.
/// </summary>
internal static class Supervisor
{
    /// <summary>The command that decodes one file.</summary>
    public const string Probe = "probe";

    /// <summary>The option that leaves the supervisor out.</summary>
    public const string Off = "--no-supervise";

    /// <summary>True when a command is to be supervised: one that decodes for hours, and no debugger wants to see it.</summary>
    public static bool Wants(string[] args) =>
        args is ["detect", _, ..]
        && OperatingSystem.IsLinux()
        && !Processes.IsChild
        && !args.AsSpan().ContainsAny([Off, "--help", "-h", "-?"])
        && Environment.ProcessPath is not null
        && !System.Diagnostics.Debugger.IsAttached;

    /// <summary>Runs the command. Called on the main thread.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        var report = new SupervisorReport(args.Contains("--json"));
        try
        {
            using var ledger = DecodeLedger.Create();
            using var child = new Child();
            return Run(args, ledger, child, report);
        }
        catch (Exception e) when (e is FlairException or IOException or System.ComponentModel.Win32Exception)
        {
            return report.Error(e.Message);
        }
    }

    private static int Run(string[] args, DecodeLedger ledger, Child child, SupervisorReport report)
    {
        for (var restarts = 0; ;)
        {
            var end = child.Run(args, ledger, silent: false);
            if (end.Stopped && (end.Signal > 0 || end.Hung))
                return ExitCode.Stopped;
            if (!end.Failed && end.Signal != Processes.Kill)
                return end.ExitCode;

            report.RestoreTerminal();
            var limit = ledger.Restarts;
            var what = What(end);
            if (end.Failed && end.Suspects.Count > 0)
            {
                report.Notice($"{what}; reading {(end.Suspects.Count == 1 ? "it" : "each")} in a process of its own to find out");
                if (Guilty(end, child, ledger.Stall, report) is { } verdict)
                {
                    if (!ledger.TryAdd(verdict))
                        return report.Error($"{verdict.Reason}; too many such files to go on");
                    report.Notice($"{verdict.Reason}; it goes into quarantine, the run goes on");
                    continue;
                }

                if (child.IsStopping)
                    return ExitCode.Stopped;
                what += end.Suspects.Count == 1 ? ", which reads well alone" : ", which all read well alone";
            }

            if (++restarts > limit)
                return report.Error($"{what}; {(limit == 0 ? "resources.restarts is 0" : $"that was the last of {limit} restarts")}. What is finished is safe: run the same command again to go on");
            report.Notice($"{what}; going on, restart {restarts} of {limit}");
        }
    }

    private static string What(ChildEnd end)
    {
        var files = string.Join(", ", end.Suspects.Select(suspect => suspect.Path).Distinct());
        if (end.Hung)
            return $"no progress for too long in decoding {files}";
        if (end.Signal == Processes.Kill)
        {
            return end.KilledForMemory
                ? "the kernel killed the run for lack of memory (no input is to blame; less resources.threads, readers or batch need less)"
                : "something killed the run (SIGKILL; no input is to blame)";
        }

        return $"the run crashed ({Processes.SignalName(end.Signal)}){(files.Length > 0 ? $" while decoding {files}" : ", not in decoding")}";
    }

    /// <summary>The first suspect that crashes or hangs again, alone.</summary>
    private static DecodeVerdict? Guilty(ChildEnd end, Child child, TimeSpan stall, SupervisorReport report)
    {
        foreach (var path in end.Suspects.Select(suspect => suspect.Path).Distinct())
        {
            if (child.IsStopping)
                return null;
            using var ledger = DecodeLedger.Create();
            var alone = child.Run([Probe, path], ledger, silent: true, stall);
            if (alone.Stopped)
                return null;
            if (alone.Failed)
            {
                var opens = alone.Suspects.Count > 0 && alone.Suspects.All(entry => entry.Phase == DecodePhase.Decoding);
                return new DecodeVerdict(path, opens, $"{path} {Deed(alone)} in the run and alone");
            }

            if (alone.Signal == Processes.Kill)
                report.Notice($"{path}: reading it alone was ended by SIGKILL{(alone.KilledForMemory ? " for lack of memory" : "")}, which proves nothing");
        }

        return null;
    }

    private static string Deed(ChildEnd alone) => alone.Hung ? "hangs its decoder" : $"crashes its decoder ({Processes.SignalName(alone.Signal)})";
}
