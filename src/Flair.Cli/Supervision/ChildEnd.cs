using Flair.Source;

namespace Flair.Cli.Supervision;

/// <summary>How a child ended.</summary>
/// <param name="ExitCode">As a shell shows it: 128 and the signal for one that was killed.</param>
/// <param name="Suspects">What it was decoding when it died, or what hung it.</param>
/// <param name="Hung">True when it was killed because an input made no progress.</param>
/// <param name="Stopped">True when it was asked to stop.</param>
/// <param name="KilledForMemory">True when the kernel killed some process for memory meanwhile.</param>
internal sealed record ChildEnd(int ExitCode, IReadOnlyList<DecodeEntry> Suspects, bool Hung, bool Stopped, bool KilledForMemory)
{
    /// <summary>The signal that ended it; 0 where it ended by itself. 130 is an exit code of this program.</summary>
    public int Signal => ExitCode > 128 && ExitCode != Cli.ExitCode.Stopped ? ExitCode - 128 : 0;

    /// <summary>True when it crashed or hung.</summary>
    public bool Failed => Hung || Processes.IsCrash(Signal);
}
