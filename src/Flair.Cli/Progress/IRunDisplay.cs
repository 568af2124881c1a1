using Flair.Running;

namespace Flair.Cli.Progress;

/// <summary>Shows a run to a person or a machine.</summary>
internal interface IRunDisplay : IRunObserver, IDisposable
{
    /// <summary>Shows how it ended.</summary>
    void Finish(RunSummary summary);
}
