using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Flair.Models.Graphs;
using Flair.OneDnn;
using Flair.Running;

namespace Flair.Fusion;

/// <summary>A window's raw values as the network's input map holds them: normalized = scale × value + shift, by channel.</summary>
/// <param name="Scale">One a channel.</param>
/// <param name="Shift">One a channel.</param>
internal sealed record InputScaling(float[] Scale, float[] Shift);

/// <summary>Makes a program of a graph: chooses regions, types and kernels, and places the maps in memory.</summary>
internal sealed class FusedCompiler
{
    // What names of oneDNN's implementations begin with that are generated for this processor: the older ones, and those of version 3.
    private static readonly string[] s_generated = ["jit", "brg"];

    private readonly NetworkGraph _graph;
    private readonly Func<MapNode, FoldedWeights> _weights;
    private readonly ProgramTypes _types;
    private readonly InputScaling? _scaling;
    private readonly ByteScaling? _bytes; // null: the window's map is in floating point
    private readonly int _size;
    private readonly int _threads;
    private readonly int _windows;
    private readonly ConcurrentDictionary<MapNode, Operation> _operations = [];
    private readonly ConcurrentDictionary<MapNode, Operation> _upsampling = [];
    private readonly Dictionary<MapNode, MapRegion> _regions;
    private readonly HashSet<MapNode> _neededWide = [];
    private readonly HashSet<MapNode> _neededInBytes = [];
    private readonly Dictionary<(MapNode Node, bool Wide), MapBuffer> _buffers = [];
    private readonly List<MapBuffer> _between = [];
    private readonly List<FusedStep> _steps = [];
    private readonly WideSteps _wideSteps;

    private FusedCompiler(
        NetworkGraph graph, Func<MapNode, FoldedWeights> weights, int size, MapRegion kept, ProgramTypes types, InputScaling? scaling, ByteScaling? bytes, int threads, int windows)
    {
        (_threads, _windows) = (threads, windows);
        _graph = graph;
        _weights = weights;
        _size = size;
        _types = types;
        _scaling = scaling;
        _regions = RegionPlan.Create(graph, size, kept);
        _wideSteps = new(_regions, weights, size, node => TypeOf(node, wide: true));
        _bytes = types.Quantization is { First: true } && PackedWindow.Suits(graph, _regions, size) ? bytes : null;
    }

    /// <summary>Compiles, on all cores.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="weights">What convolutions and normalizations compute with; called by several threads at once.</param>
    /// <param name="size">Rows and columns of a window.</param>
    /// <param name="kept">The part of it that logits are wanted of.</param>
    /// <param name="types">The types.</param>
    /// <param name="scaling">What the values of an input map in floating point mean; null: they are normalized.</param>
    /// <param name="bytes">What the bytes of a window mean; null: it has none.</param>
    /// <param name="threads">Threads that will share a window.</param>
    /// <param name="windows">Windows that will be computed at once, at most.</param>
    /// <exception cref="OneDnnException">oneDNN cannot compute it on this processor.</exception>
    public static FusedProgram Compile(
        NetworkGraph graph,
        Func<MapNode, FoldedWeights> weights,
        int size,
        MapRegion kept,
        ProgramTypes types,
        InputScaling? scaling = null,
        ByteScaling? bytes = null,
        int threads = 1,
        int windows = 1)
    {
        var compiler = new FusedCompiler(graph, weights, size, kept, types, scaling, bytes, threads, windows);
        try
        {
            return compiler.Compile();
        }
        catch
        {
            foreach (var operation in compiler._operations.Values.Concat(compiler._upsampling.Values))
                operation.Dispose();
            throw;
        }
    }

    private FusedProgram Compile()
    {
        DecideTypes();
        CreateConvolutions();
        if (_bytes is not null)
            _buffers.Add((_graph.Input, false), new(_graph.Input.Name, PackedWindow.Bytes(_size, _graph.Input.Channels)));
        var input = Buffer(_graph.Input, _bytes is null);
        input.UsedBy(0);
        foreach (var node in _graph.Nodes)
        {
            switch (node)
            {
                case ConvolutionNode convolution:
                    Add(convolution);
                    break;
                case MaxPoolNode pool:
                    Add(pool);
                    break;
                case UpsampleNode upsample:
                    if (!IsFolded(upsample))
                        Add(upsample);
                    break;
                case not InputNode:
                    AddWide(node);
                    break;
            }

            if (_neededWide.Contains(node) && _neededInBytes.Contains(node))
                Quantize(node);
        }

        var bytes = MemoryPlan.Place(_buffers.Values.Concat(_between).Distinct());
        return new FusedProgram(_steps, _regions, input, _graph, _bytes is null ? _types.Wide : MapType.UInt8, _windows, bytes);
    }

    /// <summary>Which maps are needed in bytes, which in floating point, seen from those that read them.</summary>
    private void DecideTypes()
    {
        foreach (var node in _graph.Nodes.Reverse())
        {
            switch (node)
            {
                case ConvolutionNode convolution:
                    var inBytes = InputOf(convolution) == MapType.UInt8;
                    // A floating-point convolution cannot write bytes: its result is converted.
                    if (!inBytes && _neededInBytes.Contains(node))
                        _neededWide.Add(node);
                    Need(convolution.Input, !inBytes);
                    if (convolution.Added is { } added)
                        Need(added, IsWide(node));
                    break;
                case MaxPoolNode or UpsampleNode:
                    foreach (var source in node.Sources)
                        Need(source, IsWide(node));
                    break;
                case not InputNode:
                    // In floating point only.
                    _neededWide.Add(node);
                    foreach (var source in node.Sources)
                        Need(source, wide: true);
                    break;
            }
        }

        if (_neededInBytes.Contains(_graph.Input) && _bytes is null)
            throw new InvalidOperationException("the first convolution reads the window, which is not in steps");

        void Need(MapNode node, bool wide) => (wide ? _neededWide : _neededInBytes).Add(node);
    }

    /// <summary>Laying kernels out takes a good part of a second on one core. The thread pool is left to what goes on meanwhile.</summary>
    private void CreateConvolutions()
    {
        using var threads = new ThreadScheduler("compile", Environment.ProcessorCount);
        // The largest first, each when a thread is free: else one thread ends long after the others.
        var kernels = Partitioner.Create(_graph.Nodes.OrderByDescending(KernelSize), EnumerablePartitionerOptions.NoBuffering);
        try
        {
            Parallel.ForEach(kernels, new ParallelOptions { TaskScheduler = threads }, node =>
            {
                if (node is TransposedConvolutionNode transposed)
                    _operations[node] = Transposed(transposed);
                else if (node is ConvolutionNode convolution && !TryFold(convolution, IsWide(node)))
                    _operations[node] = Convolution(convolution, IsWide(node));
            });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private static long KernelSize(MapNode node) => node switch
    {
        ConvolutionNode convolution => (long)convolution.Kernel * convolution.Kernel * convolution.Input.Channels * convolution.Channels,
        TransposedConvolutionNode transposed => (long)UpsampledKernel.Side * UpsampledKernel.Side * transposed.Input.Channels * transposed.Channels,
        _ => 0,
    };

    /// <summary>The type that a convolution's input has.</summary>
    private MapType InputOf(ConvolutionNode node) => _bytes is not null && node.Input == _graph.Input ? MapType.UInt8 : _types.InputOf(node);

    /// <summary>Whether a map is computed in floating point; then it may be converted to bytes as well.</summary>
    private bool IsWide(MapNode node) => _neededWide.Contains(node) || node == _graph.Output;

    private void Add(ConvolutionNode node)
    {
        var wide = IsWide(node);
        if (_upsampling.TryGetValue(node, out var upsampling))
        {
            AddFolded(node, (UpsampleNode)node.Input, upsampling, node == _graph.Output ? null : Buffer(node, wide));
            return;
        }

        var input = Buffer(node.Input, InputOf(node) != MapType.UInt8);
        if (SourceOf(node) is var read && read != _regions[node.Input])
            input = AddCut(node, node.Input, read, input);
        var output = OutputOf(node, node.Added, wide);
        AddStep(new OperationStep(node, input, null, output, _operations[node]), input, output);
    }

    /// <summary>Where a map goes: to the memory of the one it is added to, which nobody may need afterwards, to memory of its own, or (null) to the logits.</summary>
    private MapBuffer? OutputOf(MapNode node, MapNode? added, bool wide)
    {
        if (added is null)
            return node == _graph.Output ? null : Buffer(node, wide);
        if (LastReaderOf(added) != node || node == _graph.Output)
            throw new InvalidOperationException($"'{added.Name}' is needed after '{node.Name}' has been added to it");
        var output = Buffer(added, wide);
        _buffers.Add((node, wide), output);
        return output;
    }

    /// <summary>Copies the part of a map that a convolution reads.</summary>
    private MapBuffer AddCut(ConvolutionNode node, MapNode source, MapRegion region, MapBuffer input)
    {
        var pixelBytes = source.Channels * TypeOf(source, InputOf(node) != MapType.UInt8).Bytes();
        var cut = new MapBuffer($"{node.Name}.cut", region.Area * pixelBytes);
        _between.Add(cut);
        AddStep(new CutStep(source, region, _regions[source], pixelBytes, input, cut) { Completes = false }, input, cut);
        return cut;
    }

    /// <summary>The coarser map's share of the sums first, then the convolution of the map beside it, which adds it.</summary>
    private void AddFolded(ConvolutionNode node, UpsampleNode upsample, Operation upsampling, MapBuffer? output)
    {
        var inBytes = InputOf(node) == MapType.UInt8;
        var below = Buffer(upsample.Below, !inBytes);
        if (upsample.Beside is not [var beside])
        {
            AddStep(new OperationStep(node, below, null, output, upsampling), below, output);
            return;
        }

        // In floating point the sum is made in place.
        var partial = output;
        if (inBytes)
            _between.Add(partial = new MapBuffer($"{node.Name}.upsampled", _regions[node].Area * node.Channels * MapType.Float32.Bytes()));
        AddStep(new OperationStep(node, below, null, partial, upsampling) { Completes = false }, below, partial);
        var input = Buffer(beside, !inBytes);
        if (_regions[upsample] != _regions[beside])
            input = AddCut(node, beside, _regions[upsample], input);
        AddStep(new OperationStep(node, input, inBytes ? partial : null, output, _operations[node]), input, partial, output);
    }

    private void Add(MaxPoolNode node)
    {
        var wide = IsWide(node);
        var (input, output) = (Buffer(node.Input, wide), Buffer(node, wide));
        var region = _regions[node.Input];
        AddStep(new OperationStep(node, input, null, output, _operations.GetOrAdd(node, _ => Operation.MaxPool(node.Kernel, node.Channels, region.Rows, region.Columns, TypeOf(node, wide)))), input, output);
    }

    private void Add(UpsampleNode node)
    {
        var wide = IsWide(node);
        var output = Buffer(node, wide);
        (MapBuffer, int, MapRegion)[] parts = [.. node.Sources.Select(source => (Buffer(source, wide), source.Channels, _regions[source]))];
        AddStep(new UpsampleStep(node, _regions[node], TypeOf(node, wide), parts, output), [.. parts.Select(part => part.Item1), output]);
    }

    /// <summary>A map in floating point of others.</summary>
    private void AddWide(MapNode node)
    {
        MapBuffer[] inputs = [.. node.Sources.Select(source => Buffer(source, wide: true))];
        var output = OutputOf(node, node.InPlaceOf, wide: true);
        FusedStep step = node is TransposedConvolutionNode ? new OperationStep(node, inputs[0], null, output, _operations[node]) : _wideSteps.Create(node, inputs, output);
        AddStep(step, [.. inputs, output]);
    }

    private void Quantize(MapNode node)
    {
        var (input, output) = (Buffer(node, wide: true), Buffer(node, wide: false));
        AddStep(new QuantizeStep(node, _regions[node].Area, _types.Wide, input, output, _types.Quantization!.StepsOf(node)), input, output);
    }

    private void AddStep(FusedStep step, params ReadOnlySpan<MapBuffer?> buffers)
    {
        foreach (var buffer in buffers)
            buffer?.UsedBy(_steps.Count);
        _steps.Add(step);
    }

    private bool IsFolded(UpsampleNode node) => _graph.Nodes.Any(reader => reader.Sources.Contains(node) && _upsampling.ContainsKey(reader));

    /// <summary>
    /// A convolution of a coarser map at twice its resolution and a map beside it is the sum of two: a transposed one of the coarser map as it is, with
    /// 4 of 9 multiplications, and one of the map beside it. Neither needs them copied together.
    /// </summary>
    /// <returns>Whether it can be computed so; else it is computed as any other.</returns>
    private bool TryFold(ConvolutionNode node, bool wide)
    {
        if (node.Input is not UpsampleNode upsample || upsample.Beside.Count > 1
            || node is not { Kernel: 3, Stride: 1, Dilation: 1, Added: null } || _graph.Nodes.Count(reader => reader.Sources.Contains(upsample)) > 1)
            return false;
        var beside = upsample.Beside.SingleOrDefault();
        var inBytes = InputOf(node) == MapType.UInt8;
        var outType = TypeOf(node, wide);
        if (TransposedShape(upsample.Below, InputOf(node), node, beside is null || !inBytes ? outType : MapType.Float32) is not { } shape)
            return false;

        var weights = _weights(node);
        var steps = wide ? null : _types.Quantization!.StepsOf(node);
        var kernel = UpsampledKernel.Create(weights.Kernel, node.Channels, node.Input.Channels, upsample.Below.Channels);
        var bias = beside is null ? weights.Bias : new float[node.Channels];
        var upsampling = Create(shape with { Relu = beside is null && node.Relu }, kernel, bias, upsample.Below, steps);
        // oneDNN's other transposed convolutions of bytes are many times slower than the copy.
        if (inBytes && !s_generated.Any(name => upsampling.Implementation.StartsWith(name, StringComparison.Ordinal)))
        {
            upsampling.Dispose();
            return false;
        }

        _upsampling[node] = upsampling;
        if (beside is null)
            return true;
        var rest = UpsampledKernel.Beside(weights.Kernel, node.Channels, node.Input.Channels, upsample.Below.Channels);
        shape = ShapeOf(node, beside, _regions[upsample], wide);
        _operations[node] = Create(inBytes ? shape with { AddedType = MapType.Float32 } : shape with { SumType = outType }, rest, weights.Bias, beside, steps);
        return true;
    }

    private Operation Transposed(TransposedConvolutionNode node)
    {
        var weights = _weights(node);
        var shape = TransposedShape(node.Input, _types.Wide, node, _types.Wide)
            ?? throw new InvalidOperationException($"'{node.Name}' reads another part of '{node.Input.Name}' than is computed");
        return Operation.Convolution(shape with { Relu = true }, weights.Kernel, weights.Bias);
    }

    /// <summary>The shape of a transposed convolution of 4 × 4 taps, stride 2 and padding 1; null: what is computed of its input is not what is needed.</summary>
    private ConvolutionShape? TransposedShape(MapNode input, MapType inType, MapNode node, MapType outType)
    {
        var (region, source) = (_regions[node], _regions[input]);
        // Of the coarser pixels' 4 × 4 each, 2 apart and the first beginning a pixel before its own two, what lies outside of the region is cut off.
        var (top, left) = (1 + region.Row - (2 * source.Row), 1 + region.Column - (2 * source.Column));
        var (bottom, right) = ((2 * source.Rows) + 2 - top - region.Rows, (2 * source.Columns) + 2 - left - region.Columns);
        if (new[] { top, left, bottom, right }.Any(cut => cut is < 0 or >= UpsampledKernel.Side))
            return null;
        return new ConvolutionShape
        {
            Transposed = true,
            InChannels = input.Channels,
            InRows = source.Rows,
            InColumns = source.Columns,
            OutChannels = node.Channels,
            OutRows = region.Rows,
            OutColumns = region.Columns,
            Kernel = UpsampledKernel.Side,
            Stride = 2,
            Top = top,
            Left = left,
            Bottom = bottom,
            Right = right,
            InType = inType,
            OutType = outType,
            Threads = _threads,
            Images = _windows,
        };
    }

    private Operation Convolution(ConvolutionNode node, bool wide)
    {
        var weights = _weights(node);
        var steps = wide ? null : _types.Quantization!.StepsOf(node);
        if (node.Input == _graph.Input && _bytes is not null)
        {
            var packed = PackedWindow.Quantize(weights, _bytes, steps);
            return Operation.Convolution(PackedWindow.Shape(node, _size, node.Input.Channels, TypeOf(node, wide), _threads), packed.Values, packed.Bias, packed.Scale);
        }

        if (node.Input == _graph.Input && _scaling is not null)
            weights = weights.Scale(_scaling);
        return Create(ShapeOf(node, node.Input, SourceOf(node), wide), weights.Kernel, weights.Bias, node.Input, steps);
    }

    /// <summary>Creates it, with a kernel in bytes where its input is in bytes.</summary>
    private Operation Create(ConvolutionShape shape, float[] kernel, float[] bias, MapNode input, float[]? outputSteps)
    {
        if (shape.InType != MapType.UInt8)
            return Operation.Convolution(shape, kernel, bias);
        var quantized = QuantizedKernel.Create(kernel, bias, _types.Quantization!.StepsOf(input), outputSteps);
        return Operation.Convolution(shape, quantized.Values, quantized.Bias, quantized.Scale);
    }

    /// <summary>The part of its input that a convolution is given: all that there is where it reads that, but for a last row and column that a stride leaves out.</summary>
    private MapRegion SourceOf(ConvolutionNode node)
    {
        var (all, read) = (_regions[node.Input], RegionPlan.InputOf(node, _regions[node], _size / node.Input.Reduction));
        var isAll = (read.Row, read.Column) == (all.Row, all.Column) && all.Bottom - read.Bottom < node.Stride && all.Right - read.Right < node.Stride;
        return isAll ? all : read;
    }

    /// <summary>The shape of a convolution over its input, or over that of the maps which it is made of, of which it is given this region.</summary>
    private ConvolutionShape ShapeOf(ConvolutionNode node, MapNode input, MapRegion source, bool wide)
    {
        var inputSize = _size / input.Reduction;
        var region = _regions[node];
        var read = RegionPlan.InputOf(node, region, inputSize);
        var reach = ((node.Kernel - 1) * node.Dilation) + 1;
        // A stride may leave out the last row and column, which are computed all the same.
        if ((read.Row, read.Column) != (source.Row, source.Column) || source.Bottom - read.Bottom < 0 || source.Bottom - read.Bottom >= node.Stride)
            throw new InvalidOperationException($"'{node.Name}' reads another part of '{input.Name}' than is computed");
        var type = InputOf(node);
        return new ConvolutionShape
        {
            InChannels = input.Channels,
            InRows = source.Rows,
            InColumns = source.Columns,
            OutChannels = node.Channels,
            OutRows = region.Rows,
            OutColumns = region.Columns,
            Kernel = node.Kernel,
            Stride = node.Stride,
            Dilation = node.Dilation,
            Top = source.Row - ((region.Row * node.Stride) - node.Padding),
            Left = source.Column - ((region.Column * node.Stride) - node.Padding),
            Bottom = Math.Max(0, ((region.Bottom - 1) * node.Stride) - node.Padding + reach - source.Bottom),
            Right = Math.Max(0, ((region.Right - 1) * node.Stride) - node.Padding + reach - source.Right),
            InType = type,
            OutType = TypeOf(node, wide),
            SumType = node.Added is { } map ? TypeOf(map, wide) : MapType.None,
            SumScale = node.Added is { } other && !wide ? RatioOf(_types.Quantization!.StepsOf(other), _types.Quantization.StepsOf(node), node.Name) : 1,
            Relu = node.Relu,
            Threads = _threads,
            Images = _windows,
        };
    }

    /// <summary>A map's element type. One that may be negative is in signed bytes, which only sums can read.</summary>
    private MapType TypeOf(MapNode node, bool wide) =>
        !wide ? node is ConvolutionNode { Relu: false } ? MapType.Int8 : MapType.UInt8
        : IsLogits(node) ? MapType.Float32
        : _types.Wide;

    /// <summary>Whether it is the output, or becomes it by interpolation.</summary>
    private bool IsLogits(MapNode node) => node == _graph.Output || (_graph.Output is InterpolationNode { Input: ConvolutionNode head } && node == head);

    private MapNode? LastReaderOf(MapNode node) => _graph.Nodes.LastOrDefault(reader => reader.Sources.Contains(node));

    private MapBuffer Buffer(MapNode node, bool wide)
    {
        if (!_buffers.TryGetValue((node, wide), out var buffer))
        {
            buffer = new(node.Name, _regions[node].Area * node.Channels * TypeOf(node, wide).Bytes());
            _buffers.Add((node, wide), buffer);
        }

        return buffer;
    }

    private static float RatioOf(float[] steps, float[] unit, string name)
    {
        var ratio = steps[0] / unit[0];
        for (var c = 1; c < steps.Length; c++)
        {
            if (Math.Abs((steps[c] / unit[c]) - ratio) > ratio * 1e-4f)
                throw new InvalidOperationException($"the steps of what '{name}' adds are no multiple of its own");
        }

        return ratio;
    }
}
