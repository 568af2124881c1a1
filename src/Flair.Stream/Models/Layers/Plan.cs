using Flair.Checkpoints;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>How a network is run: the tensors its layers read, their type, order and device, and whether normalizations are folded away.</summary>
internal sealed class Plan(TorchScalarType type, MemoryFormat format, string device, bool folded) : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>The element type of weights and activations.</summary>
    public TorchScalarType Type => type;

    /// <summary>The order of the activations' elements.</summary>
    public MemoryFormat Format => format;

    /// <summary>Where the weights are and the computation happens.</summary>
    public string Device => device;

    /// <summary>Whether batch normalizations are part of the convolutions before them.</summary>
    public bool Folded => folded;

    /// <summary>
    /// Whether layers compute as they do in training: batch normalizations with the batch's statistics, which move the stored ones, and
    /// dropouts that drop. Layers may change in place only what no recorded operator needs for its derivative.
    /// </summary>
    public bool Training { get; set; }

    /// <summary>The tensor of that name, owned by the plan.</summary>
    public Tensor this[string name] => _tensors[name];

    /// <summary>The plan that computes what PyTorch does: single precision, row-major, on the CPU.</summary>
    /// <exception cref="FlairException">A weight is missing, has another shape, or is not of a floating-point type.</exception>
    public static Plan Load(Layer network, StateDict weights)
    {
        var plan = new Plan(TorchScalarType.Float32, MemoryFormat.Contiguous, "cpu", folded: false);
        try
        {
            // Counters (num_batches_tracked) matter in training only.
            foreach (var spec in network.Parameters.Where(spec => spec.Type == ScalarType.Float32))
                plan._tensors.Add(spec.Name, Load(spec, weights));
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>The plan that is trained: single precision, row-major (as PyTorch has it, so that a training is the same to the bit), every parameter wanting a gradient.</summary>
    /// <exception cref="FlairException">A weight is missing, has another shape, or is not of a floating-point type.</exception>
    public static Plan LoadForTraining(Layer network, StateDict weights, string device)
    {
        var plan = new Plan(TorchScalarType.Float32, MemoryFormat.Contiguous, device, folded: false);
        try
        {
            foreach (var spec in network.Parameters.Where(spec => spec.Type == ScalarType.Float32))
            {
                plan.Add(spec.Name, Load(spec, weights));
                if (!spec.IsBuffer)
                    plan[spec.Name].RequireGradient_();
            }

            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>Adds a weight, converted to the plan's type and device, and takes it over.</summary>
    public void Add(string name, Tensor tensor)
    {
        using (tensor)
            _tensors.Add(name, tensor.To(Device, Type, tensor.Shape.Count == 4 ? Format : MemoryFormat.Preserve));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
        _tensors.Clear();
    }

    private static Tensor Load(ParameterSpec spec, StateDict weights)
    {
        if (!weights.TryGet(spec.Name, out var stored))
            throw new FlairException($"the weights have no tensor '{spec.Name}' [{string.Join(", ", spec.Shape)}]; they are of another network");
        if (!stored.Shape.SequenceEqual(spec.Shape))
        {
            throw new FlairException(
                $"the weights' tensor '{spec.Name}' is [{string.Join(", ", stored.Shape)}], the network's [{string.Join(", ", spec.Shape)}]");
        }

        var type = stored.Type switch
        {
            ScalarType.Float16 => TorchScalarType.Float16,
            ScalarType.BFloat16 => TorchScalarType.BFloat16,
            ScalarType.Float32 => TorchScalarType.Float32,
            ScalarType.Float64 => TorchScalarType.Float64,
            _ => throw new FlairException($"the weights' tensor '{spec.Name}' holds {stored.Type}; weights are Float16, BFloat16, Float32 or Float64"),
        };
        using var raw = Tensor.FromBytes(stored.Data.Span, type, [.. stored.Shape]);
        return raw.To(TorchScalarType.Float32);
    }
}
