using System.Collections.Concurrent;
using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models;
using Flair.Models.Graphs;

namespace Flair.Tests.Fusion;

/// <summary>A graph and its weights, each read once.</summary>
internal sealed record TracedNetwork(NetworkGraph Graph, Func<MapNode, FoldedWeights> Weights)
{
    /// <summary>An architecture with formula weights, by its name.</summary>
    public static TracedNetwork OfArchitecture(string name, int channels, int classes)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        return Of(architecture, encoder, channels, classes);
    }

    /// <summary>An architecture with formula weights.</summary>
    public static TracedNetwork Of(IArchitecture architecture, string encoder, int channels, int classes)
    {
        var weights = FormulaWeights.Create(architecture.Describe(encoder, channels, classes).Select(spec => (spec.Name, spec.Shape)));
        return Of(architecture.Trace(encoder, channels, classes)!, node => FoldedWeights.Read(weights, node));
    }

    /// <summary>A graph made by hand with formula weights.</summary>
    public static TracedNetwork OfGraph(NetworkGraph graph) => Of(graph, node => new(
        FormulaWeights.Parameter($"{node.Name}.weight", node is ConvolutionNode { Input: var input, Kernel: var side } ? [node.Channels, input.Channels, side, side] : [node.Channels]),
        FormulaWeights.Parameter($"{node.Name}.bias", [node.Channels])));

    /// <summary>A program in single precision of the whole window.</summary>
    public FusedProgram Compile(int size) => Compile(size, MapRegion.Whole(size));

    /// <summary>A program, for as many windows as a run computes at once.</summary>
    public FusedProgram Compile(int size, MapRegion kept, ProgramTypes? types = null, InputScaling? scaling = null) =>
        FusedCompiler.Compile(Graph, Weights, size, kept, types ?? ProgramTypes.Single, scaling, windows: FusedWindowNetwork.WindowsAtOnce(size));

    /// <summary>A program for windows that are written so.</summary>
    public FusedProgram Compile(int size, MapRegion kept, ProgramTypes types, WindowInput input) =>
        FusedCompiler.Compile(Graph, Weights, size, kept, types, input.Scaling, input.Bytes, windows: FusedWindowNetwork.WindowsAtOnce(size));

    /// <summary>The logits in single precision, and of every map the step at which its largest value is the largest byte.</summary>
    /// <param name="size">Rows and columns of the window.</param>
    /// <param name="window">It, normalized, [channel][row][column].</param>
    public (float[] Logits, Dictionary<string, float[]> Steps) Observe(int size, float[] window) => ProgramRunner.OnWorker(() =>
    {
        var steps = new Dictionary<string, float[]>();
        using var program = Compile(size);
        using var runner = new ProgramRunner(program, size);
        var logits = runner.Run(window, (node, values) =>
        {
            var largest = 0f;
            foreach (var value in values)
                largest = Math.Max(largest, Math.Abs(value));
            steps[node.Name] = [.. Enumerable.Repeat(largest / (node is ConvolutionNode { Relu: false } ? 127 : 255), node.Channels)];
        });
        return (logits, steps);
    });

    private static TracedNetwork Of(NetworkGraph graph, Func<MapNode, FoldedWeights> read)
    {
        var weights = new ConcurrentDictionary<string, FoldedWeights>();
        return new(graph, node => weights.GetOrAdd(node.Name, _ => read(node)));
    }
}
