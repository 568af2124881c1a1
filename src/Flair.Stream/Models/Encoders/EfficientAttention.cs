using Flair.Models.Graphs;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>
/// Attention of every token to squares of tokens, seen as one by a strided convolution (Xie et al. 2021, section 3.1); where the squares
/// are single tokens, plain attention.
/// </summary>
internal sealed class EfficientAttention : Layer
{
    private readonly string _name;
    private readonly int _width;
    private readonly int _heads;
    private readonly LinearLayer _query;
    private readonly LinearLayer _keyValue;
    private readonly LinearLayer _projection;
    private readonly ConvolutionLayer? _reduction;
    private readonly LayerNormLayer? _norm;

    /// <param name="name">Its prefix in the state dict.</param>
    /// <param name="width">Channels of a token.</param>
    /// <param name="heads">Heads, each of width / heads channels.</param>
    /// <param name="reduction">The squares' side; 1: none.</param>
    public EfficientAttention(string name, int width, int heads, int reduction)
    {
        _name = name;
        _width = width;
        _heads = heads;
        _query = new($"{name}.q", width, width);
        _keyValue = new($"{name}.kv", width, 2 * width);
        _projection = new($"{name}.proj", width, width);
        if (reduction == 1)
            return;
        _reduction = new($"{name}.sr", width, width, kernel: reduction, stride: reduction, padding: 0);
        // PyTorch's default epsilon: smp does not hand its own to this one.
        _norm = new($"{name}.norm", width, epsilon: 1e-5);
    }

    public override IEnumerable<Layer> Children =>
        _reduction is null || _norm is null ? [_query, _keyValue, _projection] : [_query, _keyValue, _projection, _reduction, _norm];

    /// <summary>Writes it down, with what it is added to.</summary>
    public MapNode Trace(NetworkGraph graph, MapNode input, MapNode added)
    {
        var reduced = _reduction is null || _norm is null ? input : _norm.Trace(graph, _reduction.Trace(graph, input));
        var keysValues = _keyValue.Trace(graph, reduced);
        return _projection.Trace(graph, graph.Add(new AttentionNode(_name, _query.Trace(graph, input), keysValues, _heads)), added);
    }

    /// <summary>Maps tokens [n, rows · columns, width] to such.</summary>
    public Tensor Forward(Plan plan, Tensor input, long rows, long columns)
    {
        using var query = Query(plan, input);
        var (key, value) = KeyValue(plan, input, rows, columns);
        using (key)
        using (value)
        {
            using var x = new TensorSlot(query.MatMul(key));
            x.Put(x.Value.Mul(1 / Math.Sqrt(_width / _heads)));
            x.Put(x.Value.Softmax(-1));
            x.Put(x.Value.MatMul(value));
            x.Put(x.Value.Transpose(1, 2));
            x.Put(x.Value.Reshape(input.Shape[0], -1, _width));
            return _projection.Forward(plan, x.Value);
        }
    }

    /// <summary>[n, heads, tokens, channels].</summary>
    private Tensor Query(Plan plan, Tensor input)
    {
        using var x = new TensorSlot(_query.Forward(plan, input));
        x.Put(x.Value.Reshape(input.Shape[0], -1, _heads, _width / _heads));
        return x.Value.Transpose(1, 2);
    }

    /// <summary>[n, heads, channels, squares] and [n, heads, squares, channels].</summary>
    private (Tensor Key, Tensor Value) KeyValue(Plan plan, Tensor input, long rows, long columns)
    {
        using var reduced = Reduce(plan, input, rows, columns);
        using var both = _keyValue.Forward(plan, reduced ?? input);
        using var heads = both.Reshape(input.Shape[0], -1, 2, _heads, _width / _heads);
        using var keys = heads.Select(2, 0);
        using var values = heads.Select(2, 1);
        return (keys.Permute(0, 2, 3, 1), values.Transpose(1, 2));
    }

    private Tensor? Reduce(Plan plan, Tensor input, long rows, long columns)
    {
        if (_reduction is null || _norm is null)
            return null;
        using var x = new TensorSlot(Tokens.ToMap(plan, input, rows, columns));
        x.Put(_reduction.Forward(plan, x.Value));
        x.Put(Tokens.Of(x.Value));
        return _norm.Forward(plan, x.Value);
    }
}
