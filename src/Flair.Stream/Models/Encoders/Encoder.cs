using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>A backbone: feature maps of halving resolution, each with more channels.</summary>
internal abstract class Encoder : Layer
{
    /// <summary>The channels of the feature maps, that of half the input's resolution first; 0 where there is no such map.</summary>
    public abstract IReadOnlyList<int> Channels { get; }

    /// <summary>Computes the feature maps, as many as <see cref="Channels"/> says.</summary>
    public abstract FeatureMaps Forward(Plan plan, Tensor input);

    /// <summary>Writes down how the feature maps come from the graph's input, as many as <see cref="Channels"/> says; null where there is no such map.</summary>
    public abstract IReadOnlyList<MapNode?> Trace(NetworkGraph graph);
}
