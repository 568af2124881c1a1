using System.Runtime.InteropServices;

namespace Flair.Torch.Interop;

/// <summary><c>flair_value</c> of the shim: a tagged argument or result. The kinds are those of <c>flair_kind</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct NativeValue
{
    [FieldOffset(0)]
    public ArgKind Kind;

    [FieldOffset(4)]
    public int Count;

    [FieldOffset(8)]
    public nint Pointer;

    [FieldOffset(8)]
    public long Integer;

    [FieldOffset(8)]
    public double Real;
}

/// <summary>What an argument holds; the numbers are those of <c>flair_kind</c> in flair_torch.h.</summary>
internal enum ArgKind
{
    Default = 0,
    None = 1,
    Tensor = 2,
    Integer = 3,
    Real = 4,
    Boolean = 5,
    IntegerList = 6,
    RealList = 7,
    TensorList = 8,
    Text = 9,
}
