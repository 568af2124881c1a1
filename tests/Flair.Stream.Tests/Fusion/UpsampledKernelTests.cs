using Flair.Checkpoints;
using Flair.Fusion;

namespace Flair.Tests.Fusion;

public sealed class UpsampledKernelTests
{
    private const int Outputs = 3;
    private const int Below = 4;
    private const int Beside = 2;
    private const int Size = 5;

    private static readonly float[] s_kernel = FormulaWeights.Parameter("a.weight", [Outputs, Below + Beside, 3, 3]);

    [Fact]
    public void The_transposed_convolution_of_a_map_is_the_convolution_of_its_pixels_doubled()
    {
        var map = FormulaWeights.Input(Below * Size * Size);
        var transposed = UpsampledKernel.Create(s_kernel, Outputs, Below + Beside, Below);

        Assert.Equal(Outputs * Below * 16, transposed.Length);
        for (var o = 0; o < Outputs; o++)
        {
            for (var y = 0; y < 2 * Size; y++)
            {
                for (var x = 0; x < 2 * Size; x++)
                    Assert.Equal(OfDoubled(map, o, y, x), Transposed(map, transposed, o, y, x), 1e-5);
            }
        }
    }

    [Fact]
    public void The_other_channels_keep_their_kernel()
    {
        var rest = UpsampledKernel.Beside(s_kernel, Outputs, Below + Beside, Below);

        Assert.Equal(Outputs * Beside * 9, rest.Length);
        for (var i = 0; i < rest.Length; i++)
            Assert.Equal(s_kernel[(i / (Beside * 9) * (Below + Beside) * 9) + (Below * 9) + (i % (Beside * 9))], rest[i]);
    }

    /// <summary>3 × 3 with padding 1 over the map at twice its resolution, by definition.</summary>
    private static double OfDoubled(float[] map, int o, int y, int x)
    {
        double sum = 0;
        for (var i = 0; i < Below; i++)
        {
            for (var t = 0; t < 9; t++)
            {
                var (row, column) = (y + (t / 3) - 1, x + (t % 3) - 1);
                if (row is >= 0 and < 2 * Size && column is >= 0 and < 2 * Size)
                    sum += s_kernel[(((o * (Below + Beside)) + i) * 9) + t] * map[(((i * Size) + (row / 2)) * Size) + (column / 2)];
            }
        }

        return sum;
    }

    /// <summary>4 × 4 transposed with stride 2 and padding 1, by definition: input pixel p and tap t go to 2 p + t − 1.</summary>
    private static double Transposed(float[] map, float[] kernel, int o, int y, int x)
    {
        double sum = 0;
        for (var i = 0; i < Below; i++)
        {
            for (var p = 0; p < Size * Size; p++)
            {
                var (row, column) = (y + 1 - (2 * (p / Size)), x + 1 - (2 * (p % Size)));
                if (row is >= 0 and < 4 && column is >= 0 and < 4)
                    sum += kernel[(((o * Below) + i) * 16) + (row * 4) + column] * map[(i * Size * Size) + p];
            }
        }

        return sum;
    }
}
