using Flair.Gdal;
using Flair.Source;

namespace Flair.Toy;

/// <summary>Draws a tile in pieces of bounded size and writes its files.</summary>
internal sealed class ToyTileWriter(ToyManifest scene, ToyLayout layout, string folder)
{
    private const int Piece = 1000;
    private const string Crs = "EPSG:2154";

    private readonly ToyWorld _world = new(scene.Seed);

    /// <summary>Writes the files of a tile.</summary>
    public void Write(int tileX, int tileY, CancellationToken cancellation)
    {
        GridRect pixels = layout.Pixels(tileX, tileY), cells = layout.Cells(pixels);
        int size = scene.Size;
        var bands = new byte[4][];
        for (int band = 0; band < 4; band++)
            bands[band] = new byte[(long)size * size];
        var labels = new byte[(long)size * size];
        float[] surface = new float[cells.Area], terrain = new float[cells.Area];
        for (int y = 0; y < size; y += Piece)
        {
            for (int x = 0; x < size; x += Piece)
            {
                cancellation.ThrowIfCancellationRequested();
                var piece = new GridRect(pixels.X + x, pixels.Y + y, Math.Min(Piece, size - x), Math.Min(Piece, size - y));
                Draw(piece, pixels, cells, bands, labels, surface, terrain);
            }
        }

        cancellation.ThrowIfCancellationRequested();
        Parallel.Invoke(
            () => WriteImage(layout.Rvb(tileX, tileY), pixels, bands[0], bands[1], bands[2]),
            () => WriteImage(layout.Irc(tileX, tileY), pixels, bands[3], bands[0], bands[1]),
            () => WriteLabels(layout.Label(tileX, tileY), pixels, labels),
            () => WriteElevation(layout.Mns(tileX, tileY), cells, surface),
            () => WriteElevation(layout.Mnt(tileX, tileY), cells, terrain));
    }

    private void Draw(GridRect piece, GridRect pixels, GridRect cells, byte[][] bands, byte[] labels, float[] surface, float[] terrain)
    {
        GridRect own = layout.Cells(piece);
        // The pixels that the piece's cells are interpolated from: a cell is 2.5 pixels, its middle on a whole half metre.
        int left = Math.Min(piece.X, (int)Math.Floor(own.X * 2.5) - 1), right = Math.Max(piece.Right, (int)Math.Ceiling(own.Right * 2.5) + 1);
        int top = Math.Min(piece.Y, (int)Math.Floor(own.Y * 2.5) - 1), bottom = Math.Max(piece.Bottom, (int)Math.Ceiling(own.Bottom * 2.5) + 1);
        ToyRegion region = ToyRegion.Draw(_world, left, top, right - left, bottom - top);
        for (int row = piece.Y; row < piece.Bottom; row++)
        {
            int from = ((row - top) * region.Width) + piece.X - left;
            long to = ((long)(row - pixels.Y) * pixels.Width) + piece.X - pixels.X;
            for (int band = 0; band < 4; band++)
                Array.Copy(region.Bands[band], from, bands[band], to, piece.Width);
            Array.Copy(region.Labels, from, labels, to, piece.Width);
        }

        for (int row = own.Y; row < own.Bottom; row++)
        {
            for (int column = own.X; column < own.Right; column++)
            {
                long to = ((long)(row - cells.Y) * cells.Width) + column - cells.X;
                (terrain[to], surface[to]) = Sample(region, (column * 2.5) - 0.5, (row * 2.5) - 0.5);
            }
        }
    }

    // Terrain and surface at a place given in pixels (whole numbers are the middles of pixels), in centimetre steps as a survey's. The
    // surface is the mean of the pixels around, weighted by nearness.
    private static (float Terrain, float Surface) Sample(ToyRegion region, double x, double y)
    {
        int x0 = (int)Math.Floor(x), y0 = (int)Math.Floor(y);
        double fx = x - x0, fy = y - y0, ground = 0, above = 0;
        for (int k = 0; k < 4; k++)
        {
            double weight = (k % 2 == 0 ? 1 - fx : fx) * (k < 2 ? 1 - fy : fy);
            int at = ((y0 - region.Y + (k / 2)) * region.Width) + x0 - region.X + (k % 2);
            ground += weight * region.Terrain[at];
            above += weight * region.Above[at];
        }

        return ((float)Math.Round(ground, 2), (float)Math.Round(Math.Round(ground, 2) + above, 2));
    }

    private void WriteImage(string name, GridRect pixels, params byte[][] bands) =>
        Write(name, temporary =>
        {
            using Raster memory = Raster.Create("MEM", "", pixels.Width, pixels.Height, bands.Length, GdalType.Byte);
            for (int band = 0; band < bands.Length; band++)
                memory.Write<byte>(0, 0, pixels.Width, pixels.Height, [band + 1], bands[band]);
            for (int band = 0; band < bands.Length; band++)
                memory.SetInterpretation(band + 1, ColorInterpretation.Red + band);
            memory.SetGeoTransform(Transform(pixels, ToyWorld.Pixel, 0));
            if (scene.WriteCrs)
                memory.SetCrs(Crs);
            // Lossy, a tenth of the uncompressed size, in 1024-pixel tiles, as BD ORTHO's E080 dalles.
            using Raster copy = memory.CreateCopy(
                "JP2OpenJPEG", temporary, "REVERSIBLE=NO", "QUALITY=10", "YCC=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "GeoJP2=YES", "GMLJP2=NO", "CODEC=JP2");
            copy.Close();
        });

    private void WriteLabels(string name, GridRect pixels, byte[] labels) =>
        Write(name, temporary =>
        {
            using Raster raster = Raster.Create("GTiff", temporary, pixels.Width, pixels.Height, 1, GdalType.Byte, "COMPRESS=LZW");
            raster.SetGeoTransform(Transform(pixels, ToyWorld.Pixel, 0));
            raster.SetCrs(Crs);
            raster.SetColorTable(1, Palette());
            raster.Write<byte>(0, 0, pixels.Width, pixels.Height, [1], labels);
            raster.Close();
        });

    private void WriteElevation(string name, GridRect cells, float[] heights) =>
        Write(name, temporary =>
        {
            using Raster raster = Raster.Create("GTiff", temporary, cells.Width, cells.Height, 1, GdalType.Float32, "COMPRESS=DEFLATE", "PREDICTOR=3", "TILED=YES");
            raster.SetGeoTransform(Transform(cells, 0.5, 0.25));
            raster.SetCrs(Crs);
            raster.SetNodata(1, -9999);
            raster.Write<float>(0, 0, cells.Width, cells.Height, [1], heights);
            raster.Close();
        });

    private void Write(string name, Action<string> write)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        DurableFile.Write(path, write);
    }

    /// <summary>FLAIR's colours as a colour table of 20 entries.</summary>
    public static (byte R, byte G, byte B, byte A)[] Palette() =>
        [.. ToyClass.Colors.Select(c => ((byte)(c >> 16), (byte)(c >> 8), (byte)c, (byte)255))];

    /// <summary>GDAL's geotransform of a rectangle of square pixels whose grid is shifted north-west by some metres.</summary>
    public static double[] Transform(GridRect rect, double pixel, double shift) =>
        [Math.Round(ToyWorld.OriginX + (rect.X * pixel) - shift, 3), pixel, 0, Math.Round(ToyWorld.OriginY - (rect.Y * pixel) + shift, 3), 0, -pixel];
}
