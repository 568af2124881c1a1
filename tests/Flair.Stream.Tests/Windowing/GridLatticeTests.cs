using Flair.Settings;
using Flair.Source;
using Flair.Windowing;

namespace Flair.Tests.Windowing;

public sealed class GridLatticeTests
{
    private static readonly WindowSettings s_window = new() { Size = 64, Margin = 16 };

    [Theory]
    [InlineData(StitchMode.Blend)]
    [InlineData(StitchMode.Crop)]
    public void A_pixel_lies_in_the_same_windows_whatever_is_mapped_with_it(StitchMode stitch)
    {
        var lattice = new GridLattice(s_window, stitch);
        GridRect west = new(-70, -33, 100, 90), east = new(30, -33, 100, 90);
        var together = Windows(lattice, west, east).ToHashSet();
        var apart = Windows(lattice, west).Concat(Windows(lattice, east)).ToHashSet();
        Assert.Equal(together.Order(), apart.Order());
    }

    [Fact]
    public void Cores_cover_every_pixel_once_and_windows_hold_them_with_their_margins()
    {
        var area = new GridRect(-70, -33, 131, 90);
        var placements = new GridLattice(s_window, StitchMode.Crop).Rows([area]).SelectMany(row => row).ToArray();
        Assert.Equal(area.Area, placements.Sum(placement => placement.Core.Intersect(area).Area));
        Assert.All(placements, placement => Assert.Equal(placement.Window, placement.Core.Inflate(s_window.Margin)));
        Assert.All(placements, placement => Assert.Equal(s_window.Size, placement.Window.Width));
    }

    [Fact]
    public void Blending_takes_every_window_that_touches_the_area()
    {
        var area = new GridRect(5, 7, 20, 20);
        var placements = new GridLattice(s_window, StitchMode.Blend).Rows([area]).SelectMany(row => row).ToArray();
        var expected = from row in Enumerable.Range(-10, 20)
                       from column in Enumerable.Range(-10, 20)
                       let window = new GridRect((column * 32) - 16, (row * 32) - 16, 64, 64)
                       where window.Overlaps(area)
                       select window;
        Assert.Equal(expected, placements.Select(placement => placement.Window));
    }

    [Theory]
    [InlineData(0, 0, 500, 300)]
    [InlineData(-31, -33, 1, 1)]
    [InlineData(17, 16, 31, 33)]
    public void Counting_equals_laying(int x, int y, int width, int height)
    {
        foreach (var stitch in new[] { StitchMode.Blend, StitchMode.Crop })
        {
            var lattice = new GridLattice(s_window, stitch);
            GridRect[][] alone = [[new(x, y, width, height)]];
            GridRect[][] columns = [[alone[0][0], new(x, y + height, width, 40), new(x, y + height + 39, width, 2)], [alone[0][0], new(x, y + height + 90, width, 40)]];
            foreach (var areas in alone.Concat(columns))
                Assert.Equal(lattice.Rows(areas).Sum(row => row.Count), lattice.Count(areas));
        }
    }

    private static IEnumerable<string> Windows(GridLattice lattice, params GridRect[] areas) =>
        lattice.Rows(areas).SelectMany(row => row).Select(placement => $"{placement.Id} {placement.Window}");
}
