using Flair.Indexing;
using Flair.Nomenclatures;
using Flair.Source;

namespace Flair.Tests.Indexing;

/// <summary>A made-up run: tiles of 1000 × 1000 pixels of 0.2 m in Lambert-93, windows of 512 with a margin of 128.</summary>
internal static class IndexData
{
    public const string Lambert93 = """PROJCS["RGF93 / Lambert-93",GEOGCS["RGF93",UNIT["degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AUTHORITY["EPSG","2154"]]""";

    /// <summary>Not all of the CRS, but what makes it PROJJSON.</summary>
    public const string ProjJson = """{"type":"ProjectedCRS","name":"RGF93 / Lambert-93","id":{"authority":"EPSG","code":2154}}""";

    public static MosaicGrid Grid { get; } = new(Lambert93, 2154, 0, 0, 0.2, 0.2);

    public static Nomenclature Classes { get; } = new("three", [new(0, "bâtiment", 0xdb0e9a), new(1, "water", 0x1553ae), new(2, "other", 0, Active: false)]);

    public static IndexDescription Description { get; } = new(Grid, Classes, ProjJson);

    public static TileRow Tile(int x, int y, TileStatus status = TileStatus.Done) => new()
    {
        Tile = $"33-2024-{x:0000}-{y:0000}-LA93",
        Box = Box(TileRect(x, y)),
        Width = 1000,
        Height = 1000,
        Status = status,
        Error = status == TileStatus.Failed ? "truncated, \"twice\"\nreally" : null,
        Inputs = [new($"/data/rvb é/{x}.jp2", 123, 638_400_000_000_000_000), new("/data/irc.jp2", 456, 638_400_000_000_000_010)],
        InputsFingerprint = "aa",
        ModelFingerprint = "bb",
        SettingsFingerprint = "cc",
        Outputs = status == TileStatus.Failed ? [] : [new($"classes/{x}.tif", 789, "dd")],
        Windows = 25,
        WindowsComputed = status == TileStatus.Failed ? 0 : 24,
        NodataPixels = 250_000,
        Histogram = status == TileStatus.Failed ? [] : [500_000, 250_000, 0],
        MeanConfidence = status == TileStatus.Failed ? double.NaN : 0.75,
        Seconds = x + (y / 10.0),
        Attempts = status == TileStatus.Failed ? 2 : 1,
    };

    /// <summary>The windows of that tile, row by row; the first has no data.</summary>
    public static List<SliceRow> Slices(int x, int y, int windows = 25)
    {
        var tile = TileRect(x, y);
        return [.. Enumerable.Range(0, windows).Select(n =>
        {
            var window = new GridRect(tile.X - 128 + (256 * (n % 5)), tile.Y - 128 + (256 * (n / 5)), 512, 512);
            return new SliceRow
            {
                Id = $"r{n / 5}-c{n % 5}",
                Tile = Tile(x, y).Tile,
                Window = window,
                WindowBox = Box(window),
                Core = Box(window.Inflate(-128).Intersect(tile)),
                TileBox = Box(tile),
                Computed = n > 0,
                Batch = n > 0 ? n / 4 : -1,
                Seconds = n > 0 ? 0.125 : 0,
                NodataShare = n > 0 ? 0 : 1,
                Histogram = n > 0 ? [40_000, 25_536, 0] : [],
                MeanConfidence = n > 0 ? 0.75 : double.NaN,
            };
        })];
    }

    /// <summary>Writes the fragment of one tile.</summary>
    public static void WriteFragment(string path, IReadOnlyList<SliceRow> rows)
    {
        using var writer = new SliceFragmentWriter();
        writer.Add(path, rows);
    }

    /// <summary>Writes the work folder of a run over a square of tiles, as the run does, without the two Parquet files.</summary>
    public static List<TileRow> WriteRun(IndexLayout layout, int side, Func<int, int, TileStatus>? status = null)
    {
        Description.Save(layout);
        var tiles = new List<TileRow>();
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var tile = Tile(x, y, status?.Invoke(x, y) ?? TileStatus.Done);
                tiles.Add(tile);
                if (tile.Status == TileStatus.Done)
                    WriteFragment(layout.Fragment(tile.Tile), Slices(x, y));
                TileRecordFile.Write(layout.Record(tile.Tile), tile);
            }
        }

        return tiles;
    }

    private static GridRect TileRect(int x, int y) => new(2_000_000 + (1000 * x), -32_000_000 + (1000 * y), 1000, 1000);

    private static GeoBox Box(GridRect rect) => new(Grid.Left(rect.X), Grid.Top(rect.Bottom), Grid.Left(rect.Right), Grid.Top(rect.Y));
}

/// <summary>An output directory that goes with the test. Its name has what globs and SQL would trip over.</summary>
internal sealed class OutputDirectory : IDisposable
{
    public OutputDirectory() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"flair-index [1] l'été {Guid.NewGuid():N}");

    public IndexLayout Layout => new(Path);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
