namespace Flair.Models.Graphs;

/// <summary>
/// A network as the maps it computes, in an order in which each comes after those it is made of. Layers that can say what they compute write
/// themselves down here once (<c>Trace</c>); whoever runs the graph may then decide types, memory and which part of each map is needed.
/// </summary>
internal sealed class NetworkGraph
{
    private readonly List<MapNode> _nodes = [];

    /// <summary>A graph of an input only.</summary>
    /// <param name="channels">Channels of the input.</param>
    public NetworkGraph(int channels)
    {
        Input = Add(new InputNode(channels));
        Output = Input;
    }

    /// <summary>The normalized window.</summary>
    public InputNode Input { get; }

    /// <summary>The logits.</summary>
    public MapNode Output { get; set; }

    /// <summary>All maps, sources first.</summary>
    public IReadOnlyList<MapNode> Nodes => _nodes;

    /// <summary>The convolutions, in order.</summary>
    public IEnumerable<ConvolutionNode> Convolutions => _nodes.OfType<ConvolutionNode>();

    /// <summary>Adds a map.</summary>
    public T Add<T>(T node)
        where T : MapNode
    {
        _nodes.Add(node);
        return node;
    }
}
