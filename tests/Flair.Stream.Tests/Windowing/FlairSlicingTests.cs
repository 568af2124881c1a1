using System.Globalization;
using System.Text.Json;
using Flair.Source;
using Flair.Windowing;

namespace Flair.Tests.Windowing;

public sealed class FlairSlicingTests
{
    private static readonly string Data = Path.Combine(AppContext.BaseDirectory, "Windowing", "Data");

    public static TheoryData<string> Cases =>
        [.. Index().Select(entry => entry.GetProperty("file").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Slices_equal_the_reference(string file)
    {
        var slicing = Slice(file);
        var expected = File.ReadAllLines(Path.Combine(Data, file)).Skip(1).Select(line => line.Split(',')).ToArray();

        Assert.Equal(expected.Select(row => row[0]), slicing.Slices.Select(slice => slice.Id));
        foreach (var (row, slice) in expected.Zip(slicing.Slices))
        {
            double[] actual =
            [
                slice.Core.Left, slice.Core.Bottom, slice.Core.Right, slice.Core.Top,
                slice.Box.Left, slice.Box.Bottom, slice.Box.Right, slice.Box.Top,
            ];
            for (var i = 0; i < actual.Length; i++)
                Assert.Equal(double.Parse(row[i + 1], CultureInfo.InvariantCulture), actual[i], 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_pixel_comes_from_one_window_at_most_one_pixel_beside_its_own_place(string file)
    {
        var entry = Index().Single(e => e.GetProperty("file").GetString() == file);
        int width = entry.GetProperty("width").GetInt32(), height = entry.GetProperty("height").GetInt32();
        var margin = entry.GetProperty("margin").GetInt32();
        var painted = new bool[width * height];
        foreach (var slice in Slice(file).Slices)
        {
            Assert.Equal(slice.Owned.Area, slice.Drawings.Sum(drawing => drawing.Target.Area));
            foreach (var (target, shiftX, shiftY) in slice.Drawings)
            {
                // A raster smaller than a core is drawn squeezed; no other is off by more than one.
                if (width >= slice.Window.Width && height >= slice.Window.Height)
                    Assert.True(Math.Abs(shiftX) <= 1 && Math.Abs(shiftY) <= 1);
                var source = new GridRect(target.X + shiftX, target.Y + shiftY, target.Width, target.Height);
                Assert.True(slice.Window.Inflate(-margin).Contains(source));
                for (var y = target.Y; y < target.Bottom; y++)
                {
                    for (var x = target.X; x < target.Right; x++)
                    {
                        Assert.False(painted[(y * width) + x], "two windows own one pixel");
                        painted[(y * width) + x] = true;
                    }
                }
            }
        }

        Assert.DoesNotContain(false, painted);
    }

    private static FlairSlicing Slice(string file)
    {
        var entry = Index().Single(e => e.GetProperty("file").GetString() == file);
        var resolution = entry.GetProperty("resolution").GetDouble();
        return new FlairSlicing(
            new GridRect(0, 0, entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32()),
            [entry.GetProperty("left").GetDouble(), resolution, 0, entry.GetProperty("top").GetDouble(), 0, -resolution],
            entry.GetProperty("patch").GetInt32(),
            entry.GetProperty("margin").GetInt32());
    }

    private static IEnumerable<JsonElement> Index() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "index.json"))).RootElement.EnumerateArray();
}
