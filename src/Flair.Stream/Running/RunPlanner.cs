using Flair.Settings;

namespace Flair.Running;

/// <summary>Says what a run would do.</summary>
public static class RunPlanner
{
    /// <summary>Plans a run; with <paramref name="measure"/>, loads the model and times a few windows.</summary>
    public static RunPlan Plan(RunSettings settings, bool measure) => throw new NotImplementedException();
}
