using System.Diagnostics;
using Flair.Running;

namespace Flair.Telemetry;

/// <summary>
/// The spans of a run, as activities of System.Diagnostics: nothing is made unless somebody listens.
/// <code>
/// detect ─┬─ unit ─┬─ read (a strip)
///         │        ├─ inference (from the unit's first batch to its last)
///         │        └─ tile ─┬─ seal
///         │                 └─ index
///         └─ stall (what the watchdog found)
/// </code>
/// </summary>
public static class FlairTrace
{
    /// <summary>The source's name.</summary>
    public const string Name = "Flair.Stream";

    private static readonly ActivitySource s_source = new(Name, typeof(FlairTrace).Assembly.GetName().Version!.ToString(3));

    /// <summary>Begins a span below the current one, or below <paramref name="parent"/>, and makes it the current one; null when nobody listens.</summary>
    internal static Activity? Start(string name, ActivityContext parent = default) => s_source.StartActivity(name, ActivityKind.Internal, parent);

    /// <summary>Begins a span that does not become the current one: it outlives the caller.</summary>
    internal static Activity? StartAside(string name, ActivityContext parent, DateTimeOffset start = default)
    {
        var current = Activity.Current;
        var activity = s_source.StartActivity(name, ActivityKind.Internal, parent, startTime: start);
        Activity.Current = current;
        return activity;
    }

    /// <summary>Marks a span as failed.</summary>
    internal static void Fail(this Activity? activity, string reason) => activity?.SetStatus(ActivityStatusCode.Error, reason);

    /// <summary>Tells of a stall at once: the spans of what is stuck may never end.</summary>
    internal static void Stall(RunStall stall)
    {
        using var activity = Start("stall");
        activity?.SetTag(FlairMeter.BlockName, stall.Block).SetTag("flair.work", stall.Work).SetTag("flair.stall.since", stall.Since.ToString("O"))
            .SetTag("flair.stall.duration", stall.For.TotalSeconds).SetTag("flair.stall.ends_run", stall.Ends);
        activity.Fail(stall.ToString());
    }
}
