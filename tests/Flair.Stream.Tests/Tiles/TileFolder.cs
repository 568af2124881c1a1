using Flair.Gdal;
using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Source;
using Flair.Tiles;

namespace Flair.Tests.Tiles;

/// <summary>An output folder of a test's own with a small nomenclature.</summary>
public sealed class TileFolder : IDisposable
{
    public static readonly Nomenclature Three = new(
        "three",
        [new(0, "building", 0xDB0E9A), new(1, "pervious surface", 0x938E7B), new(2, "é & <water>", 0x1553AE)]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flair-tiles-");

    public TileFolder() => Directory.CreateDirectory(Output);

    public static MosaicGrid Grid { get; } = new(Crs.WktFromEpsg(2154)!, 2154, 0, 0, 0.2, 0.2);

    public string Output => Path.Combine(_folder.FullName, "out");

    public string Work => Path.Combine(Output, ".flair", "work");

    public string At(string name) => Path.Combine(Output, name);

    public string[] Files() => [.. Directory.GetFiles(_folder.FullName, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Output, file)).Order(StringComparer.Ordinal)];

    public TileJob Job(string name, GridRect rect, OutputSettings? outputs = null) => new()
    {
        Name = name,
        Output = Output,
        Work = Work,
        Rect = rect,
        Grid = Grid,
        Classes = Three,
        Outputs = outputs ?? new OutputSettings(),
        Metadata = new Dictionary<string, string> { ["FLAIR_MODEL"] = "resnet34_unet", ["TIFFTAG_SOFTWARE"] = "Flair.Stream 0.1.0" },
    };

    /// <summary>Writes a tile in chunks of <paramref name="chunk"/> rows and returns what was written with what went in.</summary>
    public (MappedTile Tile, byte[] Codes) Write(string name, GridRect rect, OutputSettings? outputs = null, int chunk = 100, int? year = null)
    {
        var codes = Codes(rect);
        using var writer = new TileWriter(Job(name, rect, outputs));
        Stream(writer, rect, codes, chunk);
        return (new MappedTile(name, rect, year, writer.Finish()), codes);
    }

    public static void Stream(TileWriter writer, GridRect rect, byte[] codes, int chunk)
    {
        for (int y = 0; y < rect.Height; y += chunk)
        {
            int rows = Math.Min(chunk, rect.Height - y);
            var part = codes.AsSpan(y * rect.Width, rows * rect.Width);
            writer.WriteRows(rows, part, Confidence(part), Probabilities(part));
        }
    }

    /// <summary>Patches of classes with a hole of nodata and salt on top.</summary>
    public static byte[] Codes(GridRect rect)
    {
        var codes = new byte[rect.Area];
        for (int i = 0; i < codes.Length; i++)
        {
            int x = i % rect.Width, y = i / rect.Width;
            codes[i] = x < 20 && y < 20 ? (byte)255 : (byte)(((x / 37 * 7) + (y / 23 * 5) + (x * y % 11 == 0 ? 1 : 0)) % 3);
        }

        return codes;
    }

    public static byte[] Confidence(ReadOnlySpan<byte> codes)
    {
        var bytes = new byte[codes.Length];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = codes[i] == 255 ? (byte)0 : (byte)(100 + (i * 31 % 156));
        return bytes;
    }

    public static byte[] Probabilities(ReadOnlySpan<byte> codes)
    {
        var bytes = new byte[3 * codes.Length];
        for (int i = 0; i < codes.Length; i++)
        {
            if (codes[i] != 255)
                bytes[(codes[i] * codes.Length) + i] = (byte)(200 + (i % 50));
        }

        return bytes;
    }

    public MapDescription Map(params MappedTile[] tiles) => new()
    {
        Output = Output,
        Grid = Grid,
        Classes = Three,
        Outputs = new OutputSettings(),
        Tiles = tiles,
        Architecture = "resnet34_unet",
        Weights = "formula",
        Version = "0.1.0",
    };

    public void Dispose() => _folder.Delete(recursive: true);
}
