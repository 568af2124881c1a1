using Flair.Inference;
using Flair.Kernels;
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
    [InlineData(true, "sums")]
    [InlineData(false, "sums")]
    [InlineData(false, "bytes")]
    [InlineData(true, "device")]
    [InlineData(false, "device")]
    public void Rows_equal_a_direct_average(bool blend, string kind)
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

        bool[] active = [.. Enumerable.Repeat(true, Classes)];
        using ICanvas canvas = kind switch
        {
            "bytes" => new CropCanvas(active, s_bounds.Width, Size, kept, probabilities: true, threads: 2),
            // That of a GPU, with libtorch's operators on the CPU.
            "device" => new DeviceCanvas(active, s_bounds.Width, Size, weights, kept, "cpu"),
            _ => new Canvas(active, s_bounds.Width, Size, weights, kept, threads: 2),
        };
        var finished = s_bounds.Y;
        foreach (var placement in unit.Rows.SelectMany(row => row))
        {
            Finish(Math.Min(placement.Window.Y, s_bounds.Bottom));
            var logits = Enumerable.Range(0, Classes * Size * Size).Select(_ => (float)(6 * random.NextDouble())).ToArray();
            using var tensor = Tensor.From<float>(logits, 1, Classes, Size, Size);
            var part = (blend ? placement.Window : placement.Core).Intersect(s_bounds);
            using var keptRows = tensor.Narrow(2, kept.Row, kept.Rows);
            using var keptPart = keptRows.Narrow(3, kept.Column, kept.Columns);
            canvas.Add(new TensorLogits(keptPart), 0, placement.Window, part, s_bounds.X);
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

    [Theory]
    [InlineData(32, 0)]
    [InlineData(37, 5)]
    public void Windows_that_share_no_pixel_give_the_same_bytes_without_sums(int width, int skip)
    {
        // Rows beyond the canvas's height come round to its first; the parts are cut at both sides and the last window is missing.
        const int Kept = Size - (2 * Margin);
        var bounds = new GridRect(3, -7, width, 3 * Kept);
        var unit = new UnitState(
            new WorkUnit([new SourceTile("t", bounds, "t.tif", [], null)]), new GridLattice(new WindowSettings { Size = Size, Margin = Margin }, StitchMode.Crop), _ => true);
        var kept = new PixelRect(Margin, Margin, Kept, Kept);
        bool[] active = [true, false, true, true, true];
        using var sums = new Canvas(active, width, Size, BlendWeights.Flat(Size), kept, threads: 1);
        using var bytes = new CropCanvas(active, width, Size, kept, probabilities: true, threads: 1);
        var random = new Random(3);
        var finished = bounds.Y;
        foreach (var placement in unit.Rows.SelectMany(row => row).SkipLast(1))
        {
            Finish(placement.Window.Y);
            var values = Enumerable.Range(0, Classes * Kept * Kept).Select(_ => (float)((20 * random.NextDouble()) - 10)).ToArray();
            using var logits = new TensorLogits(Tensor.From<float>(values, 1, Classes, Kept, Kept));
            var part = placement.Core.Intersect(bounds);
            part = part with { X = part.X + Math.Min(skip, part.Width), Width = Math.Max(0, part.Width - skip) };
            sums.Add(logits, 0, placement.Window, part, bounds.X);
            bytes.Add(logits, 0, placement.Window, part, bounds.X);
        }

        Finish(bounds.Bottom);

        void Finish(int to)
        {
            while (finished < to)
            {
                var count = sums.ContiguousRows(finished, to - finished);
                Assert.Equal(count, bytes.ContiguousRows(finished, to - finished));
                using var expected = new MapRows(unit, finished, count, Classes);
                using var actual = new MapRows(unit, finished, count, Classes);
                sums.Take(expected);
                bytes.Take(actual);
                Assert.Equal(expected.Classes.ToArray(), actual.Classes.ToArray());
                Assert.Equal(expected.Confidence.ToArray(), actual.Confidence.ToArray());
                Assert.Equal(expected.Probabilities.ToArray(), actual.Probabilities.ToArray());
                Assert.True(skip == 0 || actual.Classes.Contains(StitchBlock.Nodata));
                finished += count;
            }
        }
    }

    [Fact]
    public void Inactive_classes_never_win_and_untouched_pixels_have_no_data()
    {
        var unit = new UnitState(
            new WorkUnit([new SourceTile("t", new GridRect(0, 0, 40, 32), "t.tif", [], null)]),
            new GridLattice(new WindowSettings { Size = Size, Margin = Margin }, StitchMode.Crop),
            _ => true);
        using var canvas = new Canvas([true, false, true], 40, Size, BlendWeights.Flat(Size), new PixelRect(0, 0, Size, Size), threads: 1);
        using var logits = Creation.Zeros([1, 3, Size, Size]);
        using (var strongest = logits.Select(1, 1))
            strongest.Fill_(9);
        using (var second = logits.Select(1, 2))
            second.Fill_(1);
        var window = new GridRect(0, 0, Size, Size);
        canvas.Add(new TensorLogits(logits), 0, window, window, 0);
        using var rows = new MapRows(unit, 0, Size, 0);
        canvas.Take(rows);
        for (var i = 0; i < rows.Classes.Length; i++)
            Assert.Equal(i % 40 < Size ? 2 : StitchBlock.Nodata, rows.Classes[i]);
    }
}
