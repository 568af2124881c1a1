using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Arithmetic of single elements; shapes are broadcast.</summary>
public static class Arithmetic
{
    private static readonly Op s_add = new("aten::add", "Tensor");
    private static readonly Op s_addInPlace = new("aten::add_", "Tensor");
    private static readonly Op s_sub = new("aten::sub", "Tensor");
    private static readonly Op s_mul = new("aten::mul", "Tensor");
    private static readonly Op s_mulInPlace = new("aten::mul_", "Tensor");
    private static readonly Op s_addcmulInPlace = new("aten::addcmul_");
    private static readonly Op s_div = new("aten::div", "Tensor");
    private static readonly Op s_divInPlace = new("aten::div_", "Tensor");
    private static readonly Op s_addNumber = new("aten::add", "Scalar");
    private static readonly Op s_mulNumber = new("aten::mul", "Scalar");
    private static readonly Op s_addNumberInPlace = new("aten::add_", "Scalar");
    private static readonly Op s_mulNumberInPlace = new("aten::mul_", "Scalar");
    private static readonly Op s_fill = new("aten::fill_", "Scalar");
    private static readonly Op s_zero = new("aten::zero_");
    private static readonly Op s_floor = new("aten::floor");
    private static readonly Op s_sqrt = new("aten::sqrt");
    private static readonly Op s_rsqrt = new("aten::rsqrt");
    private static readonly Op s_clamp = new("aten::clamp");
    private static readonly Op s_equal = new("aten::eq", "Scalar");
    private static readonly Op s_greater = new("aten::gt", "Scalar");

    /// <summary>a + b.</summary>
    public static Tensor Add(this Tensor input, Tensor other) => s_add.Run(input, other);

    /// <summary>a + b.</summary>
    public static Tensor Add(this Tensor input, double other) => s_addNumber.Run(input, other);

    /// <summary>a += scale · b; on a view it adds into the view's source.</summary>
    public static Tensor Add_(this Tensor input, Tensor other, double scale = 1) => s_addInPlace.RunInPlace(input, other, scale);

    /// <summary>a += b.</summary>
    public static Tensor Add_(this Tensor input, double other) => s_addNumberInPlace.RunInPlace(input, other);

    /// <summary>a += b · c, without the product in between.</summary>
    public static Tensor AddProduct_(this Tensor input, Tensor first, Tensor second) => s_addcmulInPlace.RunInPlace(input, first, second);

    /// <summary>a − b.</summary>
    public static Tensor Sub(this Tensor input, Tensor other) => s_sub.Run(input, other);

    /// <summary>a · b.</summary>
    public static Tensor Mul(this Tensor input, Tensor other) => s_mul.Run(input, other);

    /// <summary>a · b.</summary>
    public static Tensor Mul(this Tensor input, double other) => s_mulNumber.Run(input, other);

    /// <summary>a ·= b.</summary>
    public static Tensor Mul_(this Tensor input, Tensor other) => s_mulInPlace.RunInPlace(input, other);

    /// <summary>a ·= b.</summary>
    public static Tensor Mul_(this Tensor input, double other) => s_mulNumberInPlace.RunInPlace(input, other);

    /// <summary>a / b.</summary>
    public static Tensor Div(this Tensor input, Tensor other) => s_div.Run(input, other);

    /// <summary>a /= b.</summary>
    public static Tensor Div_(this Tensor input, Tensor other) => s_divInPlace.RunInPlace(input, other);

    /// <summary>Overwrites every element.</summary>
    public static Tensor Fill_(this Tensor input, double value) => s_fill.RunInPlace(input, value);

    /// <summary>Overwrites every element with 0.</summary>
    public static Tensor Zero_(this Tensor input) => s_zero.RunInPlace(input);

    /// <summary>The largest whole number not above each element.</summary>
    public static Tensor Floor(this Tensor input) => s_floor.Run(input);

    /// <summary>√x.</summary>
    public static Tensor Sqrt(this Tensor input) => s_sqrt.Run(input);

    /// <summary>1 / √x.</summary>
    public static Tensor Rsqrt(this Tensor input) => s_rsqrt.Run(input);

    /// <summary>Each element moved into [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public static Tensor Clamp(this Tensor input, double low, double high) => s_clamp.Run(input, low, high);

    /// <summary>Where an element equals a number, as Bool.</summary>
    public static Tensor EqualTo(this Tensor input, double value) => s_equal.Run(input, value);

    /// <summary>Where an element is above a number, as Bool.</summary>
    public static Tensor GreaterThan(this Tensor input, double value) => s_greater.Run(input, value);
}
