using Flair.Running;
using Flair.Source;

namespace Flair.Tests.Running;

public sealed class WorkUnitTests
{
    [Fact]
    public void Small_tiles_make_columns_two_tiles_wide()
    {
        var units = WorkUnit.Group(Tiles(1000, Each(4, 8)));
        Assert.Equal([new GridRect(0, 0, 2000, 8000), new GridRect(2000, 0, 2000, 8000)], units.Select(unit => unit.Bounds));
        Assert.All(units, unit => Assert.Equal(16, unit.Tiles.Count));
    }

    [Fact]
    public void Large_tiles_make_columns_one_tile_wide()
    {
        var units = WorkUnit.Group(Tiles(5000, Each(2, 3)));
        Assert.Equal([new GridRect(0, 0, 5000, 15000), new GridRect(5000, 0, 5000, 15000)], units.Select(unit => unit.Bounds));
    }

    [Fact]
    public void A_column_ends_where_rows_would_be_read_for_nothing()
    {
        var gap = Each(2, 8).Where(place => place.Row is not (2 or 3));
        Assert.Equal([new GridRect(0, 0, 2000, 2000), new GridRect(0, 4000, 2000, 4000)], WorkUnit.Group(Tiles(1000, gap)).Select(unit => unit.Bounds));
        var step = Each(2, 8).Where(place => place.Row < 4 || place.Column == 1);
        Assert.Equal([new GridRect(0, 0, 2000, 4000), new GridRect(1000, 4000, 1000, 4000)], WorkUnit.Group(Tiles(1000, step)).Select(unit => unit.Bounds));
    }

    [Theory]
    [InlineData(250)]
    [InlineData(1000)]
    [InlineData(2500)]
    [InlineData(5000)]
    [InlineData(25000)]
    public void Each_tile_is_in_one_unit_and_no_unit_grows_with_the_area(int side)
    {
        const int Count = 40;
        var tiles = Tiles(side, Each(3, Count)).ToList();
        var units = WorkUnit.Group(tiles);
        Assert.Equal(tiles.Select(tile => tile.Name).Order(), units.SelectMany(unit => unit.Tiles).Select(tile => tile.Name).Order());
        Assert.All(units, unit => Assert.InRange(unit.Bounds.Width, side, WorkUnit.GroupSize + side));
        Assert.All(units, unit => Assert.InRange(unit.Bounds.Height, side, (WorkUnit.GroupSize * WorkUnit.MostSquares) + side));
        Assert.All(units, unit => Assert.Equal(unit.Tiles.Select(tile => tile.Rect.Y / WorkUnit.GroupSize).Order(), unit.Tiles.Select(tile => tile.Rect.Y / WorkUnit.GroupSize)));
    }

    private static IEnumerable<(int Column, int Row)> Each(int columns, int rows) =>
        from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns) select (column, row);

    private static IEnumerable<SourceTile> Tiles(int side, IEnumerable<(int Column, int Row)> places) =>
        places.Select(place => new SourceTile($"{place.Column}-{place.Row}", new GridRect(place.Column * side, place.Row * side, side, side), "a.tif", ["a.tif"], null));
}
