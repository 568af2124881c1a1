using Flair.Gdal;

namespace Flair.OpenJpeg.Tests;

public sealed unsafe class Jpeg2000FileTests : IDisposable
{
    private const int Width = 700;
    private const int Height = 900;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flair-openjpeg-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("REVERSIBLE=YES,QUALITY=100,YCC=NO,BLOCKXSIZE=256,BLOCKYSIZE=128", 256, 128)]
    [InlineData("REVERSIBLE=NO,QUALITY=12,YCC=YES,BLOCKXSIZE=512,BLOCKYSIZE=512", 512, 512)]
    [InlineData("REVERSIBLE=NO,QUALITY=12,YCC=YES,BLOCKXSIZE=1024,BLOCKYSIZE=1024", Width, Height)]
    public void Tiles_are_what_GDAL_reads(string creation, int tileWidth, int tileHeight)
    {
        var path = Write("a.jp2", 3, creation.Split(','));
        var expected = ReadByGdal(path, 3);
        using var file = Jpeg2000File.Open(path);
        Assert.Equal((Width, Height, 3, true), (file.Layout.Width, file.Layout.Height, file.Layout.Components, file.Layout.IsBytes));
        Assert.Equal((tileWidth, tileHeight), (file.Layout.TileWidth, file.Layout.TileHeight));
        var pixels = new byte[3 * Width * Height];

        // From the last to the first: the header of a tile must be found again.
        for (int row = file.Layout.TileRows - 1; row >= 0; row--)
        {
            for (int column = file.Layout.TileColumns - 1; column >= 0; column--)
            {
                file.DecodeTile(column, row);
                int x = column * tileWidth, y = row * tileHeight;
                Copy(file, pixels, x, y, Math.Min(tileWidth, Width - x), Math.Min(tileHeight, Height - y));
                if (column == 0)
                    file.FreeDecoded();
            }
        }

        Assert.Equal(expected, pixels);
        Assert.Throws<OpenJpegException>(() => Copy(file, pixels, 0, 0, 1, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Bands_of_a_single_tile_are_what_GDAL_reads(int threads)
    {
        var path = Write("a.jp2", 3, "REVERSIBLE=NO", "QUALITY=12", "YCC=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024");
        using var file = Jpeg2000File.Open(path, threads);
        Assert.True(file.Layout.IsSingleTile);
        var pixels = new byte[3 * Width * Height];
        for (int y = 0; y < Height; y += 256)
        {
            int rows = Math.Min(256, Height - y);
            file.DecodeArea(0, y, 512, rows);
            Copy(file, pixels, 0, y, 512, rows);
            file.DecodeArea(512, y, Width - 512, rows);
            Copy(file, pixels, 512, y, Width - 512, rows);
            if (y < 512)
                file.FreeDecoded();
        }

        Assert.Equal(ReadByGdal(path, 3), pixels);
        Assert.Throws<OpenJpegException>(() => Copy(file, pixels, 0, 0, 1, 1));
    }

    [Fact]
    public void Other_than_bytes_says_so()
    {
        using var memory = Raster.Create("MEM", "", 64, 64, 1, GdalType.UInt16);
        memory.CreateCopy("JP2OpenJPEG", At("a.jp2")).Close();
        using var file = Jpeg2000File.Open(At("a.jp2"));
        Assert.False(file.Layout.IsBytes);
    }

    [Fact]
    public void What_cannot_be_opened_is_named()
    {
        File.WriteAllText(At("x.jp2"), "not a raster, though its name says so");
        foreach (var name in new[] { "x.jp2", "absent.jp2" })
            Assert.Contains(name, Assert.Throws<OpenJpegException>(() => Jpeg2000File.Open(At(name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_tile_is_an_error_and_those_before_are_not()
    {
        var path = Write("a.jp2", 1, "REVERSIBLE=YES", "QUALITY=100", "BLOCKXSIZE=256", "BLOCKYSIZE=256");
        var expected = ReadByGdal(path, 1);
        using (var bytes = new FileStream(path, FileMode.Open))
            bytes.SetLength(bytes.Length * 3 / 4);
        using var file = Jpeg2000File.Open(path);
        file.DecodeTile(0, 0);
        var pixels = new byte[Width * Height];
        Copy(file, pixels, 0, 0, 256, 256);
        Assert.Equal(expected[..256], pixels[..256]);
        var error = Assert.Throws<OpenJpegException>(() => file.DecodeTile(file.Layout.TileColumns - 1, file.Layout.TileRows - 1));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static void Copy(Jpeg2000File file, byte[] pixels, int x, int y, int width, int height)
    {
        fixed (byte* first = pixels)
        {
            for (int band = 0; band < file.Layout.Components; band++)
                file.Copy(band, x, y, width, height, first + (((band * Height) + y) * Width) + x, Width);
        }
    }

    private static byte[] ReadByGdal(string path, int bands)
    {
        using var raster = Raster.Open(path);
        var pixels = new byte[bands * Width * Height];
        raster.Read<byte>(0, 0, Width, Height, [.. Enumerable.Range(1, bands)], pixels);
        return pixels;
    }

    private string Write(string name, int bands, params string[] creation)
    {
        using var memory = Raster.Create("MEM", "", Width, Height, bands, GdalType.Byte);
        var values = new byte[Width * Height];
        var random = new Random(bands);
        for (int band = 1; band <= bands; band++)
        {
            for (int y = 0; y < Height; y++)
            {
                for (int x = 0; x < Width; x++)
                    values[(y * Width) + x] = (byte)(128 + (70 * Math.Sin((x * 0.05) + band)) + (40 * Math.Cos(y * 0.13)) + random.Next(-10, 10));
            }

            memory.Write<byte>(0, 0, Width, Height, [band], values);
        }

        memory.CreateCopy("JP2OpenJPEG", At(name), creation).Close();
        return At(name);
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);
}
