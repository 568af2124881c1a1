using System.Text.RegularExpressions;

namespace Flair.Checkpoints;

/// <summary>The Python dict at the start of a <c>.npy</c>.</summary>
/// <param name="Type">NumPy's name of the element type, e.g. <c>&lt;f4</c>.</param>
/// <param name="FortranOrder">True where the first index changes fastest.</param>
/// <param name="Shape">The dimensions.</param>
internal sealed partial record NpyHeader(string Type, bool FortranOrder, int[] Shape)
{
    /// <exception cref="InvalidDataException">It is not what <c>numpy.save</c> writes.</exception>
    public static NpyHeader Parse(string text)
    {
        var type = TypePattern().Match(text);
        var order = OrderPattern().Match(text);
        var shape = ShapePattern().Match(text);
        if (!type.Success || !order.Success || !shape.Success)
            throw new InvalidDataException(text.Contains("'descr': [", StringComparison.Ordinal) ? "it is a structured array" : "its header is not understood");
        var sides = shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new(
            type.Groups[1].Value,
            order.Groups[1].Value == "True",
            Array.ConvertAll(sides, side => int.TryParse(side, out var value) ? value : throw new InvalidDataException($"its dimension {MessageText.OneLine(side)} is no number or too large")));
    }

    [GeneratedRegex("'descr'\\s*:\\s*'([!-~-[']]{1,16})'")]
    private static partial Regex TypePattern();

    [GeneratedRegex("'fortran_order'\\s*:\\s*(True|False)")]
    private static partial Regex OrderPattern();

    [GeneratedRegex("'shape'\\s*:\\s*\\(([0-9,\\sL]{0,256})\\)")]
    private static partial Regex ShapePattern();
}
