namespace Flair.Models.Encoders;

/// <summary>A depth of ResNet: blocks a stage, and whether they are bottlenecks (He et al. 2016, table 1).</summary>
/// <param name="Name">As smp calls it.</param>
/// <param name="Blocks">Residual blocks in each of the four stages.</param>
/// <param name="Bottleneck">Blocks of 1×1, 3×3, 1×1 convolutions that widen fourfold, rather than of two 3×3.</param>
internal sealed record ResNetVariant(string Name, IReadOnlyList<int> Blocks, bool Bottleneck)
{
    /// <summary>The depths that smp offers, smallest first.</summary>
    public static IReadOnlyList<ResNetVariant> All { get; } =
    [
        new("resnet18", [2, 2, 2, 2], Bottleneck: false),
        new("resnet34", [3, 4, 6, 3], Bottleneck: false),
        new("resnet50", [3, 4, 6, 3], Bottleneck: true),
        new("resnet101", [3, 4, 23, 3], Bottleneck: true),
        new("resnet152", [3, 8, 36, 3], Bottleneck: true),
    ];

}
