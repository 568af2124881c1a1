namespace Flair.Torch.Interop;

/// <summary>One argument of an operator. Values convert to it implicitly, so that a call reads as in Python; a null is Python's <c>None</c>.</summary>
internal readonly struct Arg
{
    private Arg(ArgKind kind, object? reference = null, long integer = 0, double real = 0)
    {
        Kind = kind;
        Reference = reference;
        Integer = integer;
        Real = real;
    }

    /// <summary>Whatever the operator's schema says.</summary>
    public static Arg Default => default;

    public ArgKind Kind { get; }

    /// <summary>The tensor, tensors, numbers or text.</summary>
    public object? Reference { get; }

    public long Integer { get; }

    public double Real { get; }

    public static implicit operator Arg(Tensor? tensor) => tensor is null ? new(ArgKind.None) : new(ArgKind.Tensor, tensor);

    public static implicit operator Arg(Tensor[] tensors) => new(ArgKind.TensorList, tensors);

    public static implicit operator Arg(long value) => new(ArgKind.Integer, integer: value);

    public static implicit operator Arg(int value) => new(ArgKind.Integer, integer: value);

    public static implicit operator Arg(long? value) => value is { } given ? new(ArgKind.Integer, integer: given) : new(ArgKind.None);

    public static implicit operator Arg(double value) => new(ArgKind.Real, real: value);

    public static implicit operator Arg(bool value) => new(ArgKind.Boolean, integer: value ? 1 : 0);

    public static implicit operator Arg(long[]? values) => values is null ? new(ArgKind.None) : new(ArgKind.IntegerList, values);

    public static implicit operator Arg(double[]? values) => values is null ? new(ArgKind.None) : new(ArgKind.RealList, values);

    public static implicit operator Arg(string? text) => text is null ? new(ArgKind.None) : new(ArgKind.Text, text);

    public static implicit operator Arg(TorchScalarType type) => new(ArgKind.Integer, integer: (int)type);

    public static implicit operator Arg(TorchScalarType? type) => type is { } given ? given : new Arg(ArgKind.None);

    public static implicit operator Arg(MemoryFormat format) => new(ArgKind.Integer, integer: (int)format);
}
