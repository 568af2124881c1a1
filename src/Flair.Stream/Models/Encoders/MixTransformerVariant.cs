namespace Flair.Models.Encoders;

/// <summary>A size of the Mix Vision Transformer (Xie et al. 2021, table 6).</summary>
/// <param name="Name">As smp calls it.</param>
/// <param name="Widths">Channels of each of the four stages.</param>
/// <param name="Blocks">Transformer blocks in each of them.</param>
internal sealed record MixTransformerVariant(string Name, IReadOnlyList<int> Widths, IReadOnlyList<int> Blocks)
{
    private static readonly int[] s_widths = [64, 128, 320, 512];

    /// <summary>The sizes that smp offers, smallest first.</summary>
    public static IReadOnlyList<MixTransformerVariant> All { get; } =
    [
        new("mit_b0", [32, 64, 160, 256], [2, 2, 2, 2]),
        new("mit_b1", s_widths, [2, 2, 2, 2]),
        new("mit_b2", s_widths, [3, 4, 6, 3]),
        new("mit_b3", s_widths, [3, 4, 18, 3]),
        new("mit_b4", s_widths, [3, 8, 27, 3]),
        new("mit_b5", s_widths, [3, 6, 40, 3]),
    ];
}
