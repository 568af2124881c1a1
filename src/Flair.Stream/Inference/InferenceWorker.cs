namespace Flair.Inference;

/// <summary>A network and the thread that runs it.</summary>
/// <param name="Network">The network.</param>
/// <param name="Thread">Its thread.</param>
public sealed record InferenceWorker(IWindowNetwork Network, DeviceThread Thread);
