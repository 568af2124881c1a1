using Flair.Models.Encoders;
using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Decoders;

/// <summary>What makes one map of an encoder's maps.</summary>
internal abstract class Decoder : Layer
{
    /// <summary>The prefix of every decoder's parameters.</summary>
    protected const string Name = "decoder";

    /// <summary>Channels of the map it makes.</summary>
    public abstract int Outputs { get; }

    /// <summary>Makes the map, [n, <see cref="Outputs"/>, h, w]. It frees the maps it takes; the rest are the caller's to dispose.</summary>
    public abstract Tensor Forward(Plan plan, FeatureMaps maps);

    /// <summary>Writes down how its map comes from an encoder's; null where that cannot be said in a graph's nodes.</summary>
    public virtual MapNode? Trace(NetworkGraph graph, IReadOnlyList<MapNode?> maps) => null;
}
