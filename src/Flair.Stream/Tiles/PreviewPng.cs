using System.Runtime.ExceptionServices;
using Flair.Gdal;
using Flair.Source;
using Flair.Storage;

namespace Flair.Tiles;

/// <summary><c>preview.png</c>: the map in its colours, the imagery beside it where it is at hand, and a legend of the classes that occur.</summary>
public static class PreviewPng
{
    /// <summary>Its name.</summary>
    public const string FileName = "preview.png";

    private const int Longest = 1600;
    private const int Gap = 16;
    private const int Dot = 2;
    private const int LineHeight = (PreviewText.Height * Dot) + 12;

    /// <summary>Reduced imagery costs a read of every file; beyond this many a preview is not worth it.</summary>
    private const int MostImages = 64;

    /// <summary>Writes it, at most about 1600 pixels wide and high.</summary>
    /// <returns>Its path relative to the output directory.</returns>
    public static string Write(MapDescription map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var bounds = map.Bounds;
        bool images = map.Tiles.Count <= MostImages && map.Tiles.Any(tile => tile.Image is not null);
        int room = images ? (Longest - (3 * Gap)) / 2 : Longest - (2 * Gap);
        double scale = Math.Min(1, Math.Min((double)room / bounds.Width, (double)room / bounds.Height));
        int width = Math.Max(1, (int)Math.Round(bounds.Width * scale)), height = Math.Max(1, (int)Math.Round(bounds.Height * scale));

        var codes = new byte[width * height];
        Array.Fill(codes, TileLayer.NodataCode);
        foreach (var tile in map.Sorted)
            ReadCodes(map.RasterAt(map.FileOf(tile, TileLayerKind.Classes)!), Place(tile.Rect, bounds, scale, width, height), codes, width);

        int total = Math.Max(width * (images ? 2 : 1) + (Gap * (images ? 3 : 2)), 480);
        var legend = map.Classes.Classes.Where(land => codes.Contains((byte)land.Index)).ToList();
        int entryWidth = ((legend.Select(land => land.Name.Length).DefaultIfEmpty(0).Max() + 2) * PreviewText.Advance * Dot) + LineHeight;
        int columns = Math.Max(1, (total - Gap) / entryWidth);
        int lines = (legend.Count + columns - 1) / columns;
        var canvas = new PreviewCanvas(total, height + (2 * Gap) + (lines * LineHeight));
        if (images)
        {
            var places = map.Sorted.Select(tile => (tile.Image, Place: Place(tile.Rect, bounds, scale, width, height))).ToList();
            foreach (var (pixels, (_, place)) in ReadImages(places).Zip(places))
                DrawImage(canvas, pixels, place);
        }

        DrawMap(canvas, map, codes, width, images ? width + (2 * Gap) : Gap);
        for (int i = 0; i < legend.Count; i++)
        {
            int x = Gap + (i % columns * entryWidth), y = height + (2 * Gap) + (i / columns * LineHeight), side = PreviewText.Height * Dot;
            canvas.Fill(x - 1, y - 1, side + 2, side + 2, (128, 128, 128));
            canvas.Fill(x, y, side, side, ClassColors.Rgb(legend[i]));
            canvas.Text(x + side + 8, y, Dot, legend[i].Name.Replace('_', ' '));
        }

        DurableFile.Write(map.At(FileName), canvas.Save);
        return FileName;
    }

    /// <summary>Where a tile goes in the reduced picture.</summary>
    private static GridRect Place(GridRect tile, GridRect bounds, double scale, int width, int height)
    {
        int left = (int)Math.Round((tile.X - bounds.X) * scale), top = (int)Math.Round((tile.Y - bounds.Y) * scale);
        int right = (int)Math.Round((tile.Right - bounds.X) * scale), bottom = (int)Math.Round((tile.Bottom - bounds.Y) * scale);
        return new GridRect(left, top, Math.Min(right, width) - left, Math.Min(bottom, height) - top);
    }

    private static unsafe void ReadCodes(string path, GridRect place, byte[] codes, int width)
    {
        if (place.IsEmpty)
            return;
        using var raster = Raster.Open(path);
        fixed (byte* start = &codes[(place.Y * width) + place.X])
            raster.Read(0, 0, raster.Width, raster.Height, [1], GdalType.Byte, start, place.Width, place.Height, 1, width, codes.Length);
    }

    private static void DrawMap(PreviewCanvas canvas, MapDescription map, byte[] codes, int width, int left)
    {
        var colors = ClassColors.Table(map.Classes);
        for (int i = 0; i < codes.Length; i++)
        {
            var (r, g, b, a) = colors[codes[i]];
            if (a != 0)
                canvas.Set(left + (i % width), Gap + (i / width), (r, g, b));
        }
    }

    /// <summary>As <see cref="ReadImage"/>, several at a time: a compressed image takes about as long as all the rest.</summary>
    private static byte[]?[] ReadImages(List<(string? Path, GridRect Place)> places)
    {
        var images = new byte[]?[places.Count];
        try
        {
            Parallel.For(0, places.Count, i => images[i] = ReadImage(places[i].Path, places[i].Place));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return images;
    }

    /// <summary>An image in the size of its place, [band][row][column]; null where there is none.</summary>
    private static unsafe byte[]? ReadImage(string? path, GridRect place)
    {
        if (path is null || place.IsEmpty)
            return null;
        var pixels = new byte[3 * place.Area];
        try
        {
            using var raster = Raster.Open(path);
            int[] bands = raster.BandCount >= 3 ? [1, 2, 3] : [1, 1, 1];
            if (raster.Type(1) != GdalType.Byte)
                return null;
            fixed (byte* start = pixels)
            {
                raster.Read(
                    0, 0, raster.Width, raster.Height, bands, GdalType.Byte, start, place.Width, place.Height, 1, place.Width, place.Area, Resampling.Average);
            }
        }
        catch (GdalException) when (!ObjectPath.IsRemoteText(path) || RemotePlaces.Find(path) is null)
        {
            // The map is what counts; an image that has gone meanwhile leaves its place white. A storage that fails for a while must not.
            return null;
        }

        return pixels;
    }

    private static void DrawImage(PreviewCanvas canvas, byte[]? pixels, GridRect place)
    {
        if (pixels is null)
            return;
        for (int i = 0; i < place.Area; i++)
        {
            var color = (pixels[i], pixels[place.Area + i], pixels[(2 * place.Area) + i]);
            canvas.Set(Gap + place.X + (i % place.Width), Gap + place.Y + (i / place.Width), color);
        }
    }
}
