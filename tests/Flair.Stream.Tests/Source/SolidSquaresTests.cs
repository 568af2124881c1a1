using Flair.Source;

namespace Flair.Tests.Source;

public class SolidSquaresTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 0.6)]
    [InlineData(3, 0.8)]
    [InlineData(5, 0.9)]
    [InlineData(9, 0.97)]
    public void Equals_the_definition(int side, double share)
    {
        var random = new Random(side);
        for (int round = 0; round < 20; round++)
        {
            int width = random.Next(1, 40), height = random.Next(1, 40);
            var marks = new byte[width * height];
            for (int i = 0; i < marks.Length; i++)
                marks[i] = random.NextDouble() < share ? (byte)random.Next(1, 256) : (byte)0;
            var expected = ByDefinition(marks, width, height, side);
            SolidSquares.Open(marks, width, height, side);
            Assert.Equal(expected, marks);
        }
    }

    private static byte[] ByDefinition(byte[] marks, int width, int height, int side)
    {
        var open = new byte[marks.Length];
        for (int y = 0; y + side <= height; y++)
        {
            for (int x = 0; x + side <= width; x++)
            {
                var square = from row in Enumerable.Range(y, side) from column in Enumerable.Range(x, side) select (row * width) + column;
                if (square.All(i => marks[i] != 0))
                {
                    foreach (int i in square)
                        open[i] = 1;
                }
            }
        }

        return open;
    }
}
