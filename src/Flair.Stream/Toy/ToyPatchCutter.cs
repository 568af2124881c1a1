using System.Text;
using Flair.Gdal;
using Flair.Source;

namespace Flair.Toy;

/// <summary>
/// Cuts FLAIR-style training patches from the files of a finished scene, compression and all: five bands (red, green, blue, near infrared,
/// height in 0.2 m units) and a mask, side by side without overlap, regardless of the tiles' borders.
/// </summary>
internal sealed class ToyPatchCutter(ToyManifest scene, ToyLayout layout, string folder)
{
    private int Side => scene.PatchSize;

    /// <summary>Cuts the patches that are not there yet, and lists all in CSV files.</summary>
    public void Cut(CancellationToken cancellation)
    {
        Parallel.For(0, scene.PatchCount, new ParallelOptions { CancellationToken = cancellation }, patch =>
        {
            if (!File.Exists(Path.Combine(folder, layout.Image(patch))) || !File.Exists(Path.Combine(folder, layout.Mask(patch))))
                Cut(patch);
        });
        foreach (string split in (ReadOnlySpan<string>)["train", "val", "test"])
        {
            var text = new StringBuilder();
            for (int patch = 0; patch < scene.PatchCount; patch++)
            {
                if (ToyLayout.Split(patch) == split)
                    text.Append(Path.GetRelativePath(scene.PatchFolder, layout.Image(patch))).Append(',').Append(Path.GetRelativePath(scene.PatchFolder, layout.Mask(patch))).Append('\n');
            }

            DurableFile.Write(Path.Combine(folder, layout.Csv(split)), temporary => File.WriteAllText(temporary, text.ToString()));
        }
    }

    private void Cut(int patch)
    {
        var pixels = new GridRect(patch % layout.PatchesAcross * Side, patch / layout.PatchesAcross * Side, Side, Side);
        var image = new byte[5 * Side * Side];
        Read<byte>(pixels, t => layout.Pixels(t.X, t.Y), layout.Rvb, [1, 2, 3]).CopyTo(image, 0);
        Read<byte>(pixels, t => layout.Pixels(t.X, t.Y), layout.Irc, [1]).CopyTo(image, 3 * Side * Side);
        Heights(pixels).CopyTo(image, 4 * Side * Side);
        byte[] mask = Read<byte>(pixels, t => layout.Pixels(t.X, t.Y), layout.Label, [1]);
        Write(layout.Image(patch), pixels, 5, image);
        Write(layout.Mask(patch), pixels, 1, mask);
    }

    // FLAIR's fifth band: clip(round((surface - terrain) / 0.2), 0, 255), both models resampled bilinearly.
    private byte[] Heights(GridRect pixels)
    {
        int left = (int)Math.Floor(pixels.X / 2.5) - 1, top = (int)Math.Floor(pixels.Y / 2.5) - 1;
        var cells = new GridRect(left, top, (int)Math.Ceiling(pixels.Right / 2.5) + 2 - left, (int)Math.Ceiling(pixels.Bottom / 2.5) + 2 - top);
        float[] surface = Read<float>(cells, t => layout.Cells(layout.Pixels(t.X, t.Y)), layout.Mns, [1]);
        float[] terrain = Read<float>(cells, t => layout.Cells(layout.Pixels(t.X, t.Y)), layout.Mnt, [1]);
        var heights = new byte[Side * Side];
        for (int row = 0; row < Side; row++)
        {
            double y = ((pixels.Y + row + 0.5) / 2.5) - top;
            int y0 = (int)y;
            double fy = y - y0;
            for (int column = 0; column < Side; column++)
            {
                double x = ((pixels.X + column + 0.5) / 2.5) - left;
                int x0 = (int)x, at = (y0 * cells.Width) + x0;
                double fx = x - x0;
                double high = Between(surface, at, fx, fy, cells.Width), low = Between(terrain, at, fx, fy, cells.Width);
                heights[(row * Side) + column] = (byte)Math.Clamp(Math.Round((high - low) / 0.2), 0, 255);
            }
        }

        return heights;
    }

    private static double Between(float[] values, int at, double fx, double fy, int width) =>
        (((values[at] * (1 - fx)) + (values[at + 1] * fx)) * (1 - fy)) + (((values[at + width] * (1 - fx)) + (values[at + width + 1] * fx)) * fy);

    // Some bands of a rectangle that may lie on several tiles, as [band, row, column].
    private T[] Read<T>(GridRect rect, Func<(int X, int Y), GridRect> extent, Func<int, int, string> file, int[] bands)
        where T : unmanaged
    {
        var result = new T[bands.Length * rect.Area];
        for (int y = 0; y < scene.TilesY; y++)
        {
            for (int x = 0; x < scene.TilesX; x++)
            {
                GridRect tile = extent((x, y)), part = tile.Intersect(rect);
                if (part.IsEmpty)
                    continue;
                using Raster raster = Raster.Open(Path.Combine(folder, file(x, y)));
                var read = new T[bands.Length * part.Area];
                raster.Read<T>(part.X - tile.X, part.Y - tile.Y, part.Width, part.Height, bands, read);
                for (int line = 0; line < bands.Length * part.Height; line++)
                {
                    int band = line / part.Height, row = part.Y - rect.Y + (line % part.Height);
                    Array.Copy(read, (long)line * part.Width, result, (band * rect.Area) + ((long)row * rect.Width) + part.X - rect.X, part.Width);
                }
            }
        }

        return result;
    }

    private void Write(string name, GridRect pixels, int bands, byte[] values)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.Write(path, temporary =>
        {
            using Raster raster = Raster.Create(
                "GTiff", temporary, Side, Side, bands, GdalType.Byte, "COMPRESS=LZW", "INTERLEAVE=BAND", bands == 1 ? "PHOTOMETRIC=MINISBLACK" : "PHOTOMETRIC=RGB", "ALPHA=NO");
            raster.SetGeoTransform(ToyTileWriter.Transform(pixels, ToyWorld.Pixel, 0));
            raster.SetCrs("EPSG:2154");
            raster.Write<byte>(0, 0, Side, Side, [.. Enumerable.Range(1, bands)], values);
            raster.Close();
        });
    }
}
