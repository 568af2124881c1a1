using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models;
using Flair.Models.Graphs;

namespace Flair.Tests.Fusion;

/// <summary>A graph and its weights, each read once.</summary>
internal sealed record TracedNetwork(NetworkGraph Graph, Func<ConvolutionNode, FoldedWeights> Weights)
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
        FormulaWeights.Parameter($"{node.Name}.weight", [node.Channels, node.Input.Channels, node.Kernel, node.Kernel]),
        FormulaWeights.Parameter($"{node.Name}.bias", [node.Channels])));

    /// <summary>A program in single precision of the whole window.</summary>
    public FusedProgram Compile(int size) => Compile(size, MapRegion.Whole(size));

    /// <summary>A program.</summary>
    public FusedProgram Compile(int size, MapRegion kept, ProgramTypes? types = null, InputScaling? scaling = null) =>
        FusedCompiler.Compile(Graph, Weights, size, kept, types ?? ProgramTypes.Single, scaling);

    /// <summary>A program for windows that are written so.</summary>
    public FusedProgram Compile(int size, MapRegion kept, ProgramTypes types, WindowInput input) =>
        FusedCompiler.Compile(Graph, Weights, size, kept, types, input.Scaling, input.Bytes);

    private static TracedNetwork Of(NetworkGraph graph, Func<ConvolutionNode, FoldedWeights> read)
    {
        var weights = graph.Convolutions.ToDictionary(node => node.Name, read);
        return new(graph, node => weights[node.Name]);
    }
}
