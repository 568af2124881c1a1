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
    public void Every_pixel_is_owned_by_the_window_that_the_reference_writes_last(string file)
    {
        var entry = Index().Single(e => e.GetProperty("file").GetString() == file);
        int width = entry.GetProperty("width").GetInt32(), height = entry.GetProperty("height").GetInt32();
        var margin = entry.GetProperty("margin").GetInt32();
        var slicing = Slice(file);
        var raster = new GridRect(0, 0, width, height);
        var last = new int[width * height];
        var owner = new int[width * height];
        for (var i = 0; i < slicing.Slices.Count; i++)
        {
            Paint(last, width, slicing.Slices[i].Window.Inflate(-margin).Intersect(raster), i + 1, overwrite: true);
            Paint(owner, width, slicing.Slices[i].Owned, i + 1, overwrite: false);
        }

        Assert.False(last.AsSpan().Contains(0));
        // As spans: xunit's own comparison takes seconds for 25 million numbers.
        var different = last.AsSpan().CommonPrefixLength(owner);
        Assert.True(different == last.Length, $"column {different % width}, row {different / width} has another owner");
    }

    private static void Paint(int[] pixels, int width, GridRect rect, int value, bool overwrite)
    {
        for (var y = rect.Y; y < rect.Bottom; y++)
        {
            for (var x = rect.X; x < rect.Right; x++)
            {
                ref var pixel = ref pixels[(y * width) + x];
                Assert.True(overwrite || pixel == 0, "two windows own one pixel");
                pixel = value;
            }
        }
    }

    private static FlairSlicing Slice(string file)
    {
        var entry = Index().Single(e => e.GetProperty("file").GetString() == file);
        var resolution = entry.GetProperty("resolution").GetDouble();
        return new FlairSlicing(
            new MosaicGrid("", 2154, 0, 0, resolution, resolution),
            new GridRect(0, 0, entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32()),
            entry.GetProperty("left").GetDouble(),
            entry.GetProperty("top").GetDouble(),
            entry.GetProperty("patch").GetInt32(),
            entry.GetProperty("margin").GetInt32());
    }

    private static IEnumerable<JsonElement> Index() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "index.json"))).RootElement.EnumerateArray();
}
