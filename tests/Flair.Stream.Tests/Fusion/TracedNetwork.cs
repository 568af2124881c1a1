using Flair.Checkpoints;
using Flair.Fusion;
using Flair.Models;
using Flair.Models.Graphs;
using Flair.Settings;

namespace Flair.Tests.Fusion;

/// <summary>A graph and its weights, each read once.</summary>
internal sealed record TracedNetwork(NetworkGraph Graph, Func<string, float[]> Weights)
{
    /// <summary>An architecture with formula weights, by its name.</summary>
    public static TracedNetwork OfArchitecture(string name, int channels, int classes)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        using var bare = Models.ReferenceModel.FormulaNetwork(architecture, encoder, channels, classes);
        return Of(bare);
    }

    /// <summary>A network as <see cref="FusedNetworks"/> takes it.</summary>
    public static TracedNetwork Of(INetwork bare)
    {
        using var folded = (Network)NetworkOptimizer.Optimize(bare, Precision.Fp32, "cpu");
        var graph = folded.Trace()!;
        var weights = graph.Convolutions.SelectMany(node => new[] { node.WeightName, node.BiasName }).ToDictionary(name => name, folded.ReadFolded);
        return new(graph, name => weights[name]);
    }

    /// <summary>A graph made by hand with formula weights.</summary>
    public static TracedNetwork OfGraph(NetworkGraph graph)
    {
        var weights = new Dictionary<string, float[]>();
        foreach (var node in graph.Convolutions)
        {
            weights.Add(node.WeightName, FormulaWeights.Parameter(node.WeightName, [node.Channels, node.Input.Channels, node.Kernel, node.Kernel]));
            weights.Add(node.BiasName, FormulaWeights.Parameter(node.BiasName, [node.Channels]));
        }

        return new(graph, name => weights[name]);
    }

    /// <summary>A program in single precision of the whole window.</summary>
    public FusedProgram Compile(int size) => Compile(size, MapRegion.Whole(size));

    /// <summary>A program.</summary>
    public FusedProgram Compile(int size, MapRegion kept, ProgramTypes? types = null, InputScaling? scaling = null) =>
        FusedCompiler.Compile(Graph, Weights, size, kept, types ?? ProgramTypes.Single, scaling);
}
