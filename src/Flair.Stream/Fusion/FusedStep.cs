using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>Where maps lie while one window goes through.</summary>
/// <param name="Arena">Memory of <see cref="FusedProgram.ArenaBytes"/>.</param>
/// <param name="Scratchpad">Memory of <see cref="FusedProgram.ScratchpadBytes"/>.</param>
/// <param name="Output">Takes the logits; 0 before the passes that compute them.</param>
internal unsafe readonly record struct FusedMemory(nint Arena, nint Scratchpad, nint Output)
{
    /// <summary>A map's memory; null stands for the logits.</summary>
    public void* Of(MapBuffer? buffer) => (void*)(buffer is null ? Output : Arena + (nint)buffer.Offset);
}

/// <summary>One pass of a program.</summary>
/// <param name="node">The map it computes.</param>
/// <param name="output">Takes it; null: the logits.</param>
internal abstract class FusedStep(MapNode node, MapBuffer? output) : IDisposable
{
    /// <summary>The map it computes.</summary>
    public MapNode Node => node;

    /// <summary>Takes it; null: the logits.</summary>
    public MapBuffer? Output => output;

    /// <summary>Whether the map is complete after it; else it is a part, or an aid of the step after it.</summary>
    public bool Completes { get; init; } = true;

    /// <summary>What it needs beside its maps.</summary>
    public virtual long ScratchpadBytes => 0;

    /// <summary>The kernel that was chosen for it.</summary>
    public abstract string Implementation { get; }

    /// <summary>Computes the map of each window.</summary>
    public abstract void Run(ReadOnlySpan<FusedMemory> windows);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}

/// <summary>A pass over one window after the other.</summary>
/// <param name="node">The map it computes.</param>
/// <param name="output">Takes it; null: the logits.</param>
internal abstract class WindowStep(MapNode node, MapBuffer? output) : FusedStep(node, output)
{
    public override void Run(ReadOnlySpan<FusedMemory> windows)
    {
        foreach (ref readonly var memory in windows)
            Run(memory);
    }

    /// <summary>Computes the map of one window.</summary>
    protected abstract void Run(in FusedMemory memory);
}

/// <summary>A convolution or pooling of oneDNN's.</summary>
internal sealed unsafe class OperationStep(MapNode node, MapBuffer input, MapBuffer? added, MapBuffer? output, Operation operation) : FusedStep(node, output)
{
    public override long ScratchpadBytes => operation.ScratchpadBytes;

    public override string Implementation => operation.Implementation;

    public override void Run(ReadOnlySpan<FusedMemory> windows)
    {
        Span<OperationMaps> images = stackalloc OperationMaps[windows.Length];
        for (var i = 0; i < images.Length; i++)
            images[i] = new((nint)windows[i].Of(input), added is null ? 0 : (nint)windows[i].Of(added), (nint)windows[i].Of(Output));
        operation.Run(images, (void*)windows[0].Scratchpad);
    }

    public override void Dispose()
    {
        operation.Dispose();
        base.Dispose();
    }
}

/// <summary>Upsampling, and the maps beside.</summary>
internal sealed unsafe class UpsampleStep(
    UpsampleNode node, MapRegion region, MapType type, IReadOnlyList<(MapBuffer Buffer, int Channels, MapRegion Region)> parts, MapBuffer output) : WindowStep(node, output)
{
    public override string Implementation => "copy";

    protected override void Run(in FusedMemory memory)
    {
        Span<MapPart> places = stackalloc MapPart[parts.Count];
        for (var i = 0; i < places.Length; i++)
        {
            var (buffer, channels, part) = parts[i];
            places[i] = new((nint)memory.Of(buffer), channels, part.Row, part.Column, part.Columns);
        }

        Passes.UpsampleBeside(places, type.Bytes(), region.Row, region.Column, region.Rows, region.Columns, memory.Of(Output));
    }
}

/// <summary>A sum, in place.</summary>
internal sealed unsafe class SumStep(SumNode node, MapRegion region, MapType type, MapRegion addedRegion, MapBuffer added, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "sum";

    protected override void Run(in FusedMemory memory)
    {
        var part = new MapPart((nint)memory.Of(added), node.Channels, addedRegion.Row, addedRegion.Column, addedRegion.Columns);
        Passes.Add(part, type, region.Row, region.Column, region.Rows, region.Columns, memory.Of(Output));
    }
}

/// <summary>Interpolation, onto what is there where something is added.</summary>
internal sealed unsafe class InterpolationStep(
    InterpolationNode node, MapRegion region, MapType type, int size, int inputSize, MapRegion inputRegion, MapBuffer input, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "interpolate";

    protected override void Run(in FusedMemory memory)
    {
        var part = new MapPart((nint)memory.Of(input), node.Channels, inputRegion.Row, inputRegion.Column, inputRegion.Columns);
        Passes.Interpolate(
            part, type, inputSize, inputSize, type, size, size, region.Row, region.Column, region.Rows, region.Columns, node.InPlaceOf is not null, memory.Of(Output));
    }
}

/// <summary>Normalization of groups of channels and ReLU, in place.</summary>
internal sealed unsafe class GroupNormStep(GroupNormNode node, long pixels, MapType type, FoldedWeights weights, MapBuffer? map) : WindowStep(node, map)
{
    public override string Implementation => "group norm";

    protected override void Run(in FusedMemory memory) => Passes.GroupNorm(memory.Of(Output), type, pixels, node.Groups, weights.Kernel, weights.Bias, GroupNormLayer.Epsilon);
}

/// <summary>Normalization of each pixel's channels.</summary>
internal sealed unsafe class LayerNormStep(LayerNormNode node, long pixels, MapType type, FoldedWeights weights, MapBuffer input, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "layer norm";

    protected override void Run(in FusedMemory memory) =>
        Passes.LayerNorm(memory.Of(input), type, pixels, weights.Kernel, weights.Bias, (float)node.Epsilon, memory.Of(Output));
}

/// <summary>Convolution of each channel by itself.</summary>
internal sealed unsafe class DepthwiseStep(
    DepthwiseNode node, MapRegion region, MapType type, int size, MapRegion inputRegion, FoldedWeights weights, MapBuffer input, MapBuffer? output) : WindowStep(node, output)
{
    private readonly float[] _taps = Transpose(weights.Kernel, node.Channels);

    public override string Implementation => "depthwise";

    protected override void Run(in FusedMemory memory)
    {
        var part = new MapPart((nint)memory.Of(input), node.Channels, inputRegion.Row, inputRegion.Column, inputRegion.Columns);
        Passes.DepthwiseConvolution(
            part, type, size, size, node.Dilation, node.Gelu, _taps, weights.Bias, region.Row, region.Column, region.Rows, region.Columns, memory.Of(Output));
    }

    /// <summary>[channel][tap] to [tap][channel].</summary>
    private static float[] Transpose(float[] kernel, int channels)
    {
        var taps = kernel.Length / channels;
        return [.. Enumerable.Range(0, kernel.Length).Select(i => kernel[(i % channels * taps) + (i / channels)])];
    }
}

/// <summary>Attention.</summary>
internal sealed unsafe class AttentionStep(
    AttentionNode node, int queryCount, int keyCount, MapType type, MapBuffer queries, MapBuffer keysValues, MapBuffer? output) : WindowStep(node, output)
{
    public override string Implementation => "attention";

    protected override void Run(in FusedMemory memory) =>
        Passes.Attention(memory.Of(queries), memory.Of(keysValues), type, queryCount, keyCount, node.Channels, node.Heads, memory.Of(Output));
}

/// <summary>A rectangle of a map.</summary>
internal sealed unsafe class CutStep(MapNode node, MapRegion region, MapRegion source, int pixelBytes, MapBuffer input, MapBuffer output) : WindowStep(node, output)
{
    public override string Implementation => "copy";

    protected override void Run(in FusedMemory memory)
    {
        var from = (byte*)memory.Of(input) + ((((long)(region.Row - source.Row) * source.Columns) + region.Column - source.Column) * pixelBytes);
        var to = (byte*)memory.Of(Output);
        var (step, bytes) = ((long)source.Columns * pixelBytes, (long)region.Columns * pixelBytes);
        for (var row = 0; row < region.Rows; row++)
            Buffer.MemoryCopy(from + (row * step), to + (row * bytes), bytes, bytes);
    }
}

/// <summary>A map in floating point to bytes.</summary>
internal sealed unsafe class QuantizeStep(MapNode node, long pixels, MapType type, MapBuffer input, MapBuffer output, float[] steps) : WindowStep(node, output)
{
    private readonly float[] _inverse = [.. steps.Select(step => 1 / step)];

    public override string Implementation => "quantize";

    protected override void Run(in FusedMemory memory) => Passes.Quantize(memory.Of(input), type, pixels, _inverse, (byte*)memory.Of(Output));
}
