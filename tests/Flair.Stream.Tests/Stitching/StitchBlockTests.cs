using System.Threading.Tasks.Dataflow;
using Flair.Inference;
using Flair.Kernels;
using Flair.Running;
using Flair.Source;
using Flair.Stitching;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Tests.Stitching;

public sealed class StitchBlockTests
{
    private const int Size = 32, Classes = 5, Columns = 40;

    // Rows of rasters that begin at this ordinate, where FLAIR-1's rounding draws a window without margins into the row below its own.
    private const double Top = 6432100.6;

    [Theory]
    [InlineData("sums", 36)]
    [InlineData("sums", 52)]
    [InlineData("sums", 70)]
    [InlineData("bytes", 36)]
    [InlineData("bytes", 52)]
    [InlineData("bytes", 70)]
    [InlineData("device", 36)]
    [InlineData("device", 52)]
    [InlineData("device", 70)]
    public async Task Windows_drawn_beyond_their_rows_leave_other_rows_alone(string kind, int rows)
    {
        var bounds = new GridRect(0, 0, Columns, rows);
        var slicing = new FlairSlicing(bounds, [900000, 0.2, 0, Top, 0, -0.2], Size, margin: 0);
        var unit = new UnitState(new WorkUnit([new SourceTile("t", bounds, "t.tif", [], null)]), slicing, _ => true);
        unit.Known.Put([.. Enumerable.Repeat((byte)1, rows * Columns)], Columns, rows);
        Assert.Contains(unit.Rows.SelectMany(row => row), placement => placement.Drawings.Any(drawing => drawing.Target.Bottom > placement.Window.Bottom));

        var classes = new byte[rows * Columns];
        var sink = new ActionBlock<MapRows>(finished =>
        {
            using (finished)
                finished.Classes.CopyTo(classes.AsSpan(finished.Y * Columns));
        });
        using var thread = new DeviceThread();
        var block = new StitchBlock(
            thread, width => CreateCanvas(kind, width), wholeWindow: false, probabilityBands: 0, new BlockCounters("stitch", "windows"), sink, CancellationToken.None);
        var expected = new byte[rows * Columns];
        var whole = new PixelRect(0, 0, Size, Size);
        var order = 0;
        foreach (var placement in unit.Rows.SelectMany(row => row))
        {
            await block.Input.SendAsync(new BatchLogits(unit, [placement], Logits(++order), whole));
            foreach (var (target, shiftX, shiftY) in placement.Drawings)
            {
                for (var y = target.Y; y < target.Bottom; y++)
                {
                    for (var x = target.X; x < target.Right; x++)
                        expected[(y * Columns) + x] = ClassOf(order, y + shiftY - placement.Window.Y, x + shiftX - placement.Window.X);
                }
            }
        }

        await block.Input.SendAsync(new BatchLogits(unit, [], null, whole));
        block.Input.Complete();
        await sink.Completion;

        Assert.Equal(expected, classes);
    }

    private static ICanvas CreateCanvas(string kind, int width)
    {
        bool[] active = [.. Enumerable.Repeat(true, Classes)];
        var whole = new PixelRect(0, 0, Size, Size);
        return kind switch
        {
            "bytes" => new CropCanvas(active, width, Size, whole, probabilities: false, threads: 1),
            "device" => new DeviceCanvas(active, width, Size, BlendWeights.Flat(Size), whole, "cpu"),
            _ => new Canvas(active, width, Size, BlendWeights.Flat(Size), whole, threads: 1),
        };
    }

    private static byte ClassOf(int order, int row, int column) => (byte)((order + (row * row) + (3 * column)) % Classes);

    private static TensorLogits Logits(int order)
    {
        var values = new float[Classes * Size * Size];
        for (var row = 0; row < Size; row++)
        {
            for (var column = 0; column < Size; column++)
                values[(((ClassOf(order, row, column) * Size) + row) * Size) + column] = 9;
        }

        return new TensorLogits(Tensor.From<float>(values, 1, Classes, Size, Size));
    }
}
