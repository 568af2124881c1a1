using Flair.Checkpoints;

namespace Flair.Models;

/// <summary>One entry of a network's state dict.</summary>
/// <param name="Name">Its full name, e.g. <c>encoder.layer1.0.bn1.running_mean</c>.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Type">Its element type in a checkpoint of full precision: Float32, or Int64 for counters.</param>
public sealed record ParameterSpec(string Name, IReadOnlyList<long> Shape, ScalarType Type);
