using Flair.OneDnn;

namespace Flair.Tests;

/// <summary>A test of what oneDNN computes, skipped where oneDNN is not there or the processor lacks what it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OneDnnFactAttribute : FactAttribute
{
    /// <param name="types">Types of maps that the processor has to multiply itself.</param>
    public OneDnnFactAttribute(params MapType[] types) => Skip = OneDnnNeeds.Missing(types);
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OneDnnTheoryAttribute : TheoryAttribute
{
    /// <param name="types">Types of maps that the processor has to multiply itself.</param>
    public OneDnnTheoryAttribute(params MapType[] types) => Skip = OneDnnNeeds.Missing(types);
}

internal static class OneDnnNeeds
{
    /// <summary>Why a test cannot run; null: it can.</summary>
    public static string? Missing(MapType[] types) =>
        !OneDnnLibrary.IsAvailable ? "oneDNN is not here (scripts/install)"
        : types.Contains(MapType.BFloat16) && !OneDnnLibrary.HasBFloat16 ? "this processor does not multiply bfloat16"
        : types.Contains(MapType.UInt8) && !OneDnnLibrary.HasInt8 ? "this processor does not multiply bytes"
        : null;
}
