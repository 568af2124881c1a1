using Flair.Inference;
using Flair.Models;
using Flair.Models.Graphs;
using Flair.Settings;

namespace Flair.Fusion;

/// <summary>Fused programs of loaded models.</summary>
internal static class FusedNetworks
{
    /// <summary>The network as PyTorch runs it; the caller's.</summary>
    public static INetwork Bare(LoadedModel model)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(model.Architecture);
        return architecture.Create(encoder, model.Channels, model.ClassCount, model.Weights);
    }

    /// <summary>Compiles a model that can be fused. Call it on a thread of a worker, see <see cref="OneDnn.OneDnnLibrary.UseThreads"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="size">Rows and columns of a window.</param>
    /// <param name="kept">The part of it that logits are wanted of.</param>
    /// <param name="types">Decides the types for its graph.</param>
    /// <param name="scaling">What the values of the input map mean; null: they are normalized.</param>
    /// <param name="graph">Its graph.</param>
    /// <exception cref="OneDnn.OneDnnException">oneDNN cannot compute it on this processor.</exception>
    public static FusedProgram Compile(
        LoadedModel model, int size, MapRegion kept, Func<NetworkGraph, ProgramTypes> types, InputScaling? scaling, out NetworkGraph graph)
    {
        using var bare = Bare(model);
        // Folds the normalizations; the program reorders what it takes from there.
        using var folded = (Network)NetworkOptimizer.Optimize(bare, Precision.Fp32, "cpu");
        graph = folded.Trace() ?? throw new InvalidOperationException($"{model.Architecture} cannot be fused");
        return FusedCompiler.Compile(graph, folded.ReadFolded, size, kept, types(graph), scaling);
    }
}
