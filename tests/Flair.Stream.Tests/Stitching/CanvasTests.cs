using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Tests.Stitching;

public sealed class CanvasTests
{
    private const int Size = 32, Margin = 8, Classes = 5;

    private static readonly GridRect s_bounds = new(-19, -45, 70, 83);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_equal_a_direct_average(bool blend)
    {
        var window = new WindowSettings { Size = Size, Margin = Margin };
        var lattice = new GridLattice(window, blend ? StitchMode.Blend : StitchMode.Crop);
        var unit = new UnitState(new WorkUnit([new SourceTile("t", s_bounds, "t.tif", [], null)]), lattice, _ => true);
        var weights = blend ? BlendWeights.Window(Size, Margin) : BlendWeights.Flat(Size);
        var expected = new double[Classes, s_bounds.Height, s_bounds.Width];
        var weightSums = new double[s_bounds.Height, s_bounds.Width];
        var random = new Random(7);

        // Cropped windows come without their margins.
        var margin = blend ? 0 : Margin;
        var kept = new PixelRect(margin, margin, Size - (2 * margin), Size - (2 * margin));

        using var canvas = new Canvas([.. Enumerable.Repeat(true, Classes)], s_bounds.Width, Size, weights, kept, "cpu");
        var finished = s_bounds.Y;
        foreach (var placement in unit.Rows.SelectMany(row => row))
        {
            Finish(Math.Min(placement.Window.Y, s_bounds.Bottom));
            var logits = Enumerable.Range(0, Classes * Size * Size).Select(_ => (float)(6 * random.NextDouble())).ToArray();
            using var tensor = Tensor.From<float>(logits, 1, Classes, Size, Size);
            var part = (blend ? placement.Window : placement.Core).Intersect(s_bounds);
            using var keptRows = tensor.Narrow(2, kept.Row, kept.Rows);
            using var keptPart = keptRows.Narrow(3, kept.Column, kept.Columns);
            canvas.Add(keptPart, 0, placement.Window, part, s_bounds.X);
            AddDirectly(logits, placement.Window, part);
        }

        Finish(s_bounds.Bottom);

        void AddDirectly(float[] logits, GridRect at, GridRect part)
        {
            for (var y = part.Y; y < part.Bottom; y++)
            {
                for (var x = part.X; x < part.Right; x++)
                {
                    var pixel = ((y - at.Y) * Size) + x - at.X;
                    var sum = Enumerable.Range(0, Classes).Sum(c => Math.Exp(logits[(c * Size * Size) + pixel]));
                    weightSums[y - s_bounds.Y, x - s_bounds.X] += weights[pixel];
                    for (var c = 0; c < Classes; c++)
                        expected[c, y - s_bounds.Y, x - s_bounds.X] += Math.Exp(logits[(c * Size * Size) + pixel]) / sum * weights[pixel];
                }
            }
        }

        void Finish(int to)
        {
            while (finished < to)
            {
                using var rows = new MapRows(unit, finished, canvas.ContiguousRows(finished, to - finished), Classes);
                canvas.Take(rows);
                for (var i = 0; i < rows.Classes.Length; i++)
                    Check(rows, i, (rows.Y - s_bounds.Y) + (i / s_bounds.Width), i % s_bounds.Width);
                finished += rows.Count;
            }
        }

        void Check(MapRows rows, int i, int y, int x)
        {
            var values = Enumerable.Range(0, Classes).Select(c => expected[c, y, x] / weightSums[y, x]).ToArray();
            Assert.InRange(rows.Confidence[i] - (255 * values.Max()), -1.001, 0.001);
            Assert.Equal(values.Max(), values[rows.Classes[i]], 1e-5);
            for (var c = 0; c < Classes; c++)
                Assert.InRange(rows.Probabilities[(c * rows.Classes.Length) + i] - (255 * values[c]), -1.001, 0.001);
            if (blend && unit.Rows.Count > 2)
                Assert.Equal(1, weightSums[y, x], 1e-5);
        }
    }

    [Fact]
    public void Inactive_classes_never_win_and_untouched_pixels_have_no_data()
    {
        var unit = new UnitState(
            new WorkUnit([new SourceTile("t", new GridRect(0, 0, 40, 32), "t.tif", [], null)]),
            new GridLattice(new WindowSettings { Size = Size, Margin = Margin }, StitchMode.Crop),
            _ => true);
        using var canvas = new Canvas([true, false, true], 40, Size, BlendWeights.Flat(Size), new PixelRect(0, 0, Size, Size), "cpu");
        using var logits = Creation.Zeros([1, 3, Size, Size]);
        using (var strongest = logits.Select(1, 1))
            strongest.Fill_(9);
        using (var second = logits.Select(1, 2))
            second.Fill_(1);
        var window = new GridRect(0, 0, Size, Size);
        canvas.Add(logits, 0, window, window, 0);
        using var rows = new MapRows(unit, 0, Size, 0);
        canvas.Take(rows);
        for (var i = 0; i < rows.Classes.Length; i++)
            Assert.Equal(i % 40 < Size ? 2 : StitchBlock.Nodata, rows.Classes[i]);
    }
}
