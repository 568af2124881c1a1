namespace Flair.Inference;

/// <summary>Which devices a run takes. What it maps does not depend on how many, only on their kind.</summary>
internal static class DeviceChoice
{
    /// <summary>What <c>auto</c> becomes; any other name stays.</summary>
    /// <param name="asked"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <param name="cudaDevices">How many CUDA devices there are; asked only where it matters.</param>
    public static string Resolve(string asked, Func<int> cudaDevices) =>
        asked != "auto" ? asked : cudaDevices() > 0 ? "cuda" : "cpu";

    /// <summary>The devices that a resolved name stands for, at least one, as libtorch calls them: <c>cuda</c> is every CUDA device.</summary>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; it is there.</param>
    /// <param name="cudaDevices">How many CUDA devices there are.</param>
    public static IReadOnlyList<string> Of(string device, Func<int> cudaDevices) =>
        device == "cuda" ? [.. Enumerable.Range(0, Math.Max(1, cudaDevices())).Select(index => $"cuda:{index}")] : [device];

    /// <summary>The device for people, e.g. <c>cuda (2 GPUs)</c>.</summary>
    public static string InWords(string device, int threads, Func<int> cudaDevices) =>
        device == "cpu" ? $"cpu ({threads} threads)" : Of(device, cudaDevices) is { Count: > 1 } devices ? $"{device} ({devices.Count} GPUs)" : device;
}
