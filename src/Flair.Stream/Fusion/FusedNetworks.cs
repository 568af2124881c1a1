using Flair.Inference;
using Flair.Models;
using Flair.Models.Graphs;

namespace Flair.Fusion;

/// <summary>Fused programs of loaded models.</summary>
internal static class FusedNetworks
{
    /// <summary>The graph of a model that can be fused (<see cref="PrecisionChoice.IsFused"/>).</summary>
    public static NetworkGraph Trace(LoadedModel model) => Trace(model.Architecture, model.Channels, model.ClassCount);

    /// <summary>The graph of a network that can be fused, with its input channels and logits a pixel.</summary>
    public static NetworkGraph Trace(string name, int channels, int classes)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        return architecture.Trace(encoder, channels, classes) ?? throw new InvalidOperationException($"{name} cannot be fused");
    }

    /// <summary>Compiles a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="size">Rows and columns of a window.</param>
    /// <param name="kept">The part of it that logits are wanted of.</param>
    /// <param name="types">The types.</param>
    /// <param name="input">Will write its input map.</param>
    /// <param name="threads">Threads that will share a window.</param>
    /// <param name="windows">Windows that will be computed at once, at most.</param>
    /// <exception cref="OneDnn.OneDnnException">oneDNN cannot compute it on this processor.</exception>
    public static FusedProgram Compile(LoadedModel model, NetworkGraph graph, int size, MapRegion kept, ProgramTypes types, WindowInput input, int threads = 1, int windows = 1) =>
        FusedCompiler.Compile(graph, node => FoldedWeights.Read(model.Weights, node), size, kept, types, input.Scaling, input.Bytes, threads, windows);
}
