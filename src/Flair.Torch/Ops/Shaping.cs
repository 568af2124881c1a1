using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>
/// Views and rearrangements. Views (narrow, select, slice, permute, transpose, unsqueeze, expand, and reshape where it can) share
/// memory with their source and keep it alive; writing into them in place writes into the source.
/// </summary>
public static class Shaping
{
    private static readonly Op s_narrow = new("aten::narrow");
    private static readonly Op s_select = new("aten::select", "int");
    private static readonly Op s_slice = new("aten::slice", "Tensor");
    private static readonly Op s_reshape = new("aten::reshape");
    private static readonly Op s_permute = new("aten::permute");
    private static readonly Op s_transpose = new("aten::transpose", "int");
    private static readonly Op s_unsqueeze = new("aten::unsqueeze");
    private static readonly Op s_squeeze = new("aten::squeeze", "dim");
    private static readonly Op s_expand = new("aten::expand");
    private static readonly Op s_flatten = new("aten::flatten", "using_ints");
    private static readonly Op s_cat = new("aten::cat");
    private static readonly Op s_stack = new("aten::stack");
    private static readonly Op s_chunk = new("aten::chunk");
    private static readonly Op s_pad = new("aten::constant_pad_nd");
    private static readonly Op s_roll = new("aten::roll");
    private static readonly Op s_indexSelect = new("aten::index_select");
    private static readonly Op s_where = new("aten::where", "self");
    private static readonly Op s_maskedFill = new("aten::masked_fill_", "Scalar");

    /// <summary>The view of <paramref name="length"/> entries of a dimension from <paramref name="start"/>.</summary>
    public static Tensor Narrow(this Tensor input, int dimension, long start, long length) => s_narrow.Run(input, dimension, start, length);

    /// <summary>The view of one entry of a dimension, without it.</summary>
    public static Tensor Select(this Tensor input, int dimension, long index) => s_select.Run(input, dimension, index);

    /// <summary>The view of entries <paramref name="start"/>, <paramref name="start"/> + <paramref name="step"/> … below <paramref name="end"/>.</summary>
    public static Tensor Slice(this Tensor input, int dimension, long start, long end, long step = 1) => s_slice.Run(input, dimension, start, end, step);

    /// <summary>The elements in their order under another shape, of which one dimension may be −1.</summary>
    public static Tensor Reshape(this Tensor input, params long[] shape) => s_reshape.Run(input, shape);

    /// <summary>The view with the dimensions in another order.</summary>
    public static Tensor Permute(this Tensor input, params long[] dimensions) => s_permute.Run(input, dimensions);

    /// <summary>The view with two dimensions exchanged.</summary>
    public static Tensor Transpose(this Tensor input, int first, int second) => s_transpose.Run(input, first, second);

    /// <summary>The view with a dimension of size 1 inserted.</summary>
    public static Tensor Unsqueeze(this Tensor input, int dimension) => s_unsqueeze.Run(input, dimension);

    /// <summary>The view without a dimension of size 1.</summary>
    public static Tensor Squeeze(this Tensor input, int dimension) => s_squeeze.Run(input, dimension);

    /// <summary>The view with dimensions of size 1 repeated; −1 keeps a size.</summary>
    public static Tensor Expand(this Tensor input, params long[] shape) => s_expand.Run(input, shape);

    /// <summary>The dimensions from <paramref name="start"/> to <paramref name="end"/>, inclusive, as one.</summary>
    public static Tensor Flatten(this Tensor input, int start, int end = -1) => s_flatten.Run(input, start, end);

    /// <summary>The tensors one after another along an existing dimension.</summary>
    public static Tensor Cat(int dimension, params Tensor[] tensors) => s_cat.Run(tensors, dimension);

    /// <summary>The tensors one after another along a new dimension.</summary>
    public static Tensor Stack(int dimension, params Tensor[] tensors) => s_stack.Run(tensors, dimension);

    /// <summary>Views of (nearly) equal parts along a dimension; at most 64.</summary>
    public static Tensor[] Chunk(this Tensor input, int chunks, int dimension) => s_chunk.RunMany(input, chunks, dimension);

    /// <summary>A border of one value: before and after along the last dimension, then the one before it, and so on.</summary>
    public static Tensor Pad(this Tensor input, long[] border, double value = 0) => s_pad.Run(input, border, value);

    /// <summary>The entries shifted cyclically along dimensions.</summary>
    public static Tensor Roll(this Tensor input, long[] shifts, long[] dimensions) => s_roll.Run(input, shifts, dimensions);

    /// <summary>The entries of a dimension that a vector of Int64 or Int32 names.</summary>
    public static Tensor IndexSelect(this Tensor input, int dimension, Tensor index) => s_indexSelect.Run(input, dimension, index);

    /// <summary><paramref name="first"/> where the Bool condition holds, else <paramref name="second"/>; broadcast.</summary>
    public static Tensor Where(this Tensor condition, Tensor first, Tensor second) => s_where.Run(condition, first, second);

    /// <summary>Overwrites the elements where the Bool mask holds; the mask is broadcast.</summary>
    public static Tensor MaskedFill_(this Tensor input, Tensor mask, double value) => s_maskedFill.RunInPlace(input, mask, value);
}
