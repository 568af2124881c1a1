using Flair.Checkpoints;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models;

/// <summary>A tree of layers run by a plan.</summary>
internal sealed class Network(NetworkLayer layers, Plan plan, int channels, int sizeMultiple) : INetwork
{
    /// <summary>The network as PyTorch runs it.</summary>
    public static Network Create(NetworkLayer layers, StateDict weights, int channels, int sizeMultiple) =>
        new(layers, Plan.Load(layers, weights), channels, sizeMultiple);

    /// <summary>The same layers with weights of their own in another type, order and place. This network stays as it is.</summary>
    public Network Optimize(TorchScalarType type, string device)
    {
        if (plan.Folded)
            throw new InvalidOperationException("the network is optimized already; start from the bare one");
        var target = new Plan(type, MemoryFormat.ChannelsLast, device, folded: true);
        try
        {
            layers.Optimize(plan, target);
            return new Network(layers, target, channels, sizeMultiple);
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor input) => Forward(layers, plan, input, channels, sizeMultiple);

    /// <summary>Checks the input, brings it into the plan's form, and gives the logits in single precision.</summary>
    internal static Tensor Forward(NetworkLayer layers, Plan plan, Tensor input, int channels, int sizeMultiple)
    {
        if (input.Shape is not [_, var depth, var height, var width] || depth != channels)
            throw new FlairException($"the network takes [n, {channels}, h, w], not [{string.Join(", ", input.Shape)}]");
        if (height % sizeMultiple != 0 || width % sizeMultiple != 0 || height == 0 || width == 0)
            throw new FlairException($"the network takes heights and widths that are multiples of {sizeMultiple}, not {height} × {width}");
        using var converted = input.To(plan.Device, plan.Type, plan.Format);
        using var logits = layers.Forward(plan, converted);
        return logits.To(TorchScalarType.Float32);
    }

    /// <inheritdoc/>
    public void Dispose() => plan.Dispose();
}
