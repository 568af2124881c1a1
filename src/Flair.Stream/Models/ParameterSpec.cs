using Flair.Checkpoints;

namespace Flair.Models;

/// <summary>One entry of a network's state dict.</summary>
/// <param name="Name">Its full name, e.g. <c>encoder.layer1.0.bn1.running_mean</c>.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Type">Its element type in a checkpoint of full precision: Float32, or Int64 for counters.</param>
public sealed record ParameterSpec(string Name, IReadOnlyList<long> Shape, ScalarType Type)
{
    private static readonly string[] s_buffers = ["running_mean", "running_var", CounterName];

    private const string CounterName = "num_batches_tracked";

    /// <summary>True for what batch normalization keeps beside its parameters: no optimizer changes it.</summary>
    public bool IsBuffer => s_buffers.Contains(Name[(Name.LastIndexOf('.') + 1)..]);

    /// <summary>True for the kernel, [inputs, outputs, height, width], and the bias of a transposed convolution.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>True for the number of batches that a batch normalization has seen in training.</summary>
    public bool IsCounter => Type == ScalarType.Int64 && Shape.Count == 0 && Name.EndsWith("." + CounterName, StringComparison.Ordinal);
}
