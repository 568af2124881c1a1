using Flair.Checkpoints;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models;

/// <summary>A tree of layers run by a plan.</summary>
internal sealed class Network(NetworkLayer layers, Plan plan) : INetwork
{
    /// <summary>The network as PyTorch runs it.</summary>
    public static Network Create(NetworkLayer layers, StateDict weights) => new(layers, Plan.Load(layers, weights));

    /// <summary>The same layers with weights of their own in another type, order and place. This network stays as it is.</summary>
    public Network Optimize(TorchScalarType type, string device)
    {
        if (plan.Folded)
            throw new InvalidOperationException("the network is optimized already; start from the bare one");
        var target = new Plan(type, MemoryFormat.ChannelsLast, device, folded: true);
        try
        {
            layers.Optimize(plan, target);
            return new Network(layers, target);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, Tensor? metadata = null) => Forward(layers, plan, input, metadata);

    /// <summary>Checks the input, brings it into the plan's form, and gives the logits in single precision.</summary>
    internal static Tensor Forward(NetworkLayer layers, Plan plan, Tensor input, Tensor? metadata)
    {
        layers.Check(input.Shape, metadata?.Shape);
        using var converted = input.To(plan.Device, plan.Type, plan.Format);
        using var values = metadata?.To(plan.Device, plan.Type);
        using var logits = layers.Forward(plan, converted, values);
        return logits.To(TorchScalarType.Float32);
    }

    /// <inheritdoc/>
    public void Dispose() => plan.Dispose();
}
