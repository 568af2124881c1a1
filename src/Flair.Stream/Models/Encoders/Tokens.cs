using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>A map [n, c, h, w] as tokens [n, h · w, c], and back.</summary>
internal static class Tokens
{
    /// <summary>The tokens of a map, row by row; a view where the map is channels last.</summary>
    public static Tensor Of(Tensor map)
    {
        using var flat = map.Flatten(2);
        return flat.Transpose(1, 2);
    }

    /// <summary>The map of tokens, in the plan's memory format.</summary>
    public static Tensor ToMap(Plan plan, Tensor tokens, long height, long width)
    {
        using var grid = tokens.Reshape(-1, height, width, tokens.Shape[2]);
        using var map = grid.Permute(0, 3, 1, 2);
        return map.Contiguous(plan.Format);
    }
}
