namespace Flair.Cli;

/// <summary>Exit codes; <c>flair --help</c> lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int SomeTilesFailed = 1;
    public const int UnusableInput = 2;
    public const int InternalError = 70;
    public const int Stalled = Flair.Running.RunSummary.StalledExitCode;
    public const int Stopped = 130;
}
