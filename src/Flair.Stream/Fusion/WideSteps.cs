using Flair.Models.Graphs;
using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>Makes the passes between convolutions: maps in floating point of maps in floating point.</summary>
/// <param name="regions">The part of each map that is computed.</param>
/// <param name="weights">What normalizations and convolutions compute with.</param>
/// <param name="size">Rows and columns of the window.</param>
/// <param name="typeOf">A map's type.</param>
internal sealed class WideSteps(IReadOnlyDictionary<MapNode, MapRegion> regions, Func<MapNode, FoldedWeights> weights, int size, Func<MapNode, MapType> typeOf)
{
    /// <summary>Makes the pass of a map.</summary>
    /// <param name="node">The map.</param>
    /// <param name="inputs">Its sources, in their order.</param>
    /// <param name="output">Takes it, and holds the source that it is made in place of; null: the logits.</param>
    public FusedStep Create(MapNode node, MapBuffer[] inputs, MapBuffer? output)
    {
        var (region, type) = (regions[node], typeOf(node));
        if (node.Sources.FirstOrDefault(source => typeOf(source) != type) is { } other)
            throw new InvalidOperationException($"'{node.Name}' is of another type than '{other.Name}'");
        return node switch
        {
            SumNode sum => new SumStep(sum, region, type, regions[sum.Added], inputs[1], output),
            InterpolationNode interpolation => new InterpolationStep(
                interpolation, region, type, size / interpolation.Reduction, size / interpolation.Input.Reduction, regions[interpolation.Input], inputs[0], output),
            GroupNormNode norm => new GroupNormStep(norm, region.Area, type, weights(norm), output),
            ContextNode context => new ContextStep(
                context, region, type, size / context.Reduction, new(context.Convolutions, weights), inputs[0], output),
            ChannelWeightNode weighed => new ChannelWeightStep(weighed, region.Area, type, [.. weighed.Gates.Zip(inputs.Skip(1), Gate)], output),
            PixelWeightNode weighed => new PixelWeightStep(weighed, region, type, regions[weighed.Weights], inputs[1], output),
            PositionAttentionNode attention => new PositionAttentionStep(attention, (int)region.Area, type, inputs, output),
            LayerNormNode norm => new LayerNormStep(norm, region.Area, type, weights(norm), inputs[0], output),
            DepthwiseNode depthwise => new DepthwiseStep(
                depthwise, region, type, size / depthwise.Reduction, regions[depthwise.Input], weights(depthwise), inputs[0], output),
            AttentionNode attention => new AttentionStep(
                attention, (int)regions[attention.Queries].Area, (int)regions[attention.KeysValues].Area, type, inputs[0], inputs[1], output),
            _ => throw new InvalidOperationException($"nobody knows how '{node.Name}' is computed"),
        };
    }

    private (MapBuffer Map, int Size, PixelConvolutions Convolutions) Gate(ChannelGate gate, MapBuffer map) =>
        (map, size / gate.Input.Reduction, new(gate.Convolutions, weights));
}
