using Flair.Telemetry;

namespace Flair.Running;

/// <summary>What a run has done so far, counted as it goes; safe to read at any time.</summary>
public sealed class RunTally
{
    private long _windowsComputed, _windowsWithoutData;

    /// <summary>Windows that the network has computed.</summary>
    public long WindowsComputed => Interlocked.Read(ref _windowsComputed);

    /// <summary>Windows seen: computed, or found to be without data.</summary>
    public long WindowsDone => Interlocked.Read(ref _windowsComputed) + Interlocked.Read(ref _windowsWithoutData);

    /// <summary>Counts windows that the network has computed.</summary>
    public void WindowsThroughNetwork(int count)
    {
        Interlocked.Add(ref _windowsComputed, count);
        FlairMeter.Count(FlairMeter.Windows, count, "computed");
    }

    /// <summary>Counts a window that was not run because its core has no data.</summary>
    public void WindowWithoutData()
    {
        Interlocked.Increment(ref _windowsWithoutData);
        FlairMeter.Count(FlairMeter.Windows, 1, "nodata");
    }
}
