using Flair.Torch.Interop;

namespace Flair.Torch;

/// <summary>Pooling of [n,c,h,w] and changes of its resolution.</summary>
public static class Pooling
{
    private static readonly Op s_maxPool2d = new("aten::max_pool2d");
    private static readonly Op s_adaptiveAvgPool2d = new("aten::adaptive_avg_pool2d");
    private static readonly Op s_nearest2d = new("aten::upsample_nearest2d", "vec");
    private static readonly Op s_bilinear2d = new("aten::upsample_bilinear2d");

    /// <summary>The largest of each square window; the border counts as −∞.</summary>
    public static Tensor MaxPool2d(this Tensor input, int size, int stride, int padding = 0) =>
        s_maxPool2d.Run(input, new long[] { size, size }, new long[] { stride, stride }, new long[] { padding, padding });

    /// <summary>The mean of each cell of a grid laid over the input.</summary>
    public static Tensor AdaptiveAvgPool2d(this Tensor input, long height, long width) => s_adaptiveAvgPool2d.Run(input, new[] { height, width });

    /// <summary>Each pixel repeated <paramref name="factor"/> times in both directions.</summary>
    public static Tensor UpsampleNearest2d(this Tensor input, double factor) => s_nearest2d.Run(input, (long[]?)null, new[] { factor, factor });

    /// <summary>Bilinear interpolation to another size. <paramref name="alignCorners"/>: the corner pixels' centres coincide, rather than the images' corners.</summary>
    public static Tensor UpsampleBilinear2d(this Tensor input, long height, long width, bool alignCorners) =>
        s_bilinear2d.Run(input, new[] { height, width }, alignCorners);
}
