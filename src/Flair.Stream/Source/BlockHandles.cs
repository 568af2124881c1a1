using Flair.Gdal;
using Flair.OpenJpeg;

namespace Flair.Source;

/// <summary>How a file is cut into what is decoded at a time.</summary>
/// <param name="Width">Columns of a block.</param>
/// <param name="Height">Rows of a block.</param>
/// <param name="InOrder">True when each block goes on from the one above it, so that one handle decodes them one after the other.</param>
internal sealed record BlockCut(int Width, int Height, bool InOrder);

/// <summary>An open file. One thread at a time; after an exception it is not used again.</summary>
internal interface IBlockHandle : IDisposable
{
    /// <summary>Decodes a part, whole blocks of it, into its rows.</summary>
    /// <exception cref="GdalException">Some of it cannot be decoded.</exception>
    /// <exception cref="OpenJpegException">Some of it cannot be decoded.</exception>
    void Read(DecodedRows rows, GridRect part);
}

/// <summary>A file opened by GDAL.</summary>
internal sealed unsafe class GdalBlocks : IBlockHandle
{
    /// <summary>Pixels of a block from which it is read by itself.</summary>
    private const int LeastPixelsAlone = 256 * 256;

    private readonly Raster _raster;
    private readonly RasterInfo _info;
    private readonly int[] _bands;
    private readonly bool _withMask;
    private readonly GdalType _type;

    private GdalBlocks(Raster raster, RasterInfo info, int[] bands, GdalType type)
    {
        _raster = raster;
        _info = info;
        _withMask = bands[^1] == NodataRule.MaskBand;
        _bands = _withMask ? bands[..^1] : bands;
        _type = type;
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="GdalException">It cannot be opened, or is another than it was.</exception>
    public static GdalBlocks Open(RasterInfo info, int[] bands, GdalType type)
    {
        var raster = Raster.Open(info.Path);
        if (raster.Width == info.Width && raster.Height == info.Height && raster.BandCount == info.Bands.Count)
            return new GdalBlocks(raster, info, bands, type);
        raster.Dispose();
        throw new GdalException($"{info.Path} is not the raster that it was when the run began");
    }

    public void Read(DecodedRows rows, GridRect part)
    {
        int valueBytes = _type == GdalType.Byte ? 1 : sizeof(float);
        foreach (var step in Steps(part))
        {
            _raster.Read(
                step.X, step.Y, step.Width, step.Height, _bands, _type, rows.At(0, step.X, step.Y), step.Width, step.Height, valueBytes, rows.LineSpacing, rows.BandSpacing);
            if (_withMask)
                _raster.ReadMask(step.X, step.Y, step.Width, step.Height, _type, rows.At(_bands.Length, step.X, step.Y), valueBytes, rows.LineSpacing);
        }
    }

    public void Dispose() => _raster.Dispose();

    /// <summary>
    /// What is read at a time. The JPEG 2000 driver decodes all bands of a block at once but reads a wider rectangle band by band, so
    /// that a row of blocks that exceeds GDAL's cache would be decoded once a band: large blocks are read one by one.
    /// </summary>
    private IEnumerable<GridRect> Steps(GridRect part)
    {
        int width = _info.BlockWidth, height = _info.BlockHeight;
        if (width * (long)height < LeastPixelsAlone || _info.Driver == "VRT")
            return [part];
        int left = part.X / width, top = part.Y / height;
        return from row in Enumerable.Range(top, ((part.Bottom - 1) / height) - top + 1)
               from column in Enumerable.Range(left, ((part.Right - 1) / width) - left + 1)
               select new GridRect(column * width, row * height, width, height).Intersect(part);
    }
}

/// <summary>
/// A JPEG 2000 file of bytes, decoded by the library that GDAL would call, to the same values: tile by tile, or, where a large image is a single
/// tile, in bands of its full width from top to bottom, each code-block once.
/// </summary>
internal sealed unsafe class Jpeg2000Blocks : IBlockHandle
{
    /// <summary>Values of a single tile up to which it is decoded whole: 64 MB while it is, as OpenJPEG computes in 32 bits.</summary>
    private const long MostValuesWhole = 16 << 20;

    /// <summary>Rows of a band, and what its edges are multiples of (see <see cref="Jpeg2000File.DecodeArea"/>).</summary>
    private const int Band = 256;

    private readonly Jpeg2000File _file;
    private readonly int[] _bands;

    private Jpeg2000Blocks(Jpeg2000File file, int[] bands)
    {
        _file = file;
        _bands = bands;
        var layout = file.Layout;
        bool inOrder = layout.IsSingleTile && (long)layout.Width * layout.Height * layout.Components > MostValuesWhole;
        Cut = inOrder
            ? new BlockCut(layout.Width, Band, true)
            : new BlockCut(Math.Min(layout.TileWidth, layout.Width), Math.Min(layout.TileHeight, layout.Height), false);
    }

    /// <summary>What is decoded at a time.</summary>
    public BlockCut Cut { get; }

    /// <summary>Opens a file, or returns null where GDAL is to read it: it is not on a disk, no .jp2, not of bytes, or cannot be opened here.</summary>
    /// <param name="info">What the file says.</param>
    /// <param name="bands">The bands, from 1; the last may be <see cref="NodataRule.MaskBand"/>, which GDAL reads.</param>
    /// <param name="type">What the values are to be.</param>
    /// <param name="threads">Threads for one block.</param>
    public static Jpeg2000Blocks? TryOpen(RasterInfo info, int[] bands, GdalType type, int threads)
    {
        bool candidate = info.Driver == "JP2OpenJPEG" && bands[^1] != NodataRule.MaskBand && type == GdalType.Byte && info.Bands[0].Type == GdalType.Byte && OpenJpegRuntime.IsAvailable && File.Exists(info.Path);
        if (!candidate)
            return null;
        try
        {
            var file = Jpeg2000File.Open(info.Path, threads);
            var layout = file.Layout;
            if (layout.IsBytes && (layout.Width, layout.Height, layout.Components) == (info.Width, info.Height, info.Bands.Count))
                return new Jpeg2000Blocks(file, bands);
            file.Dispose();
        }
        catch (OpenJpegException)
        {
            // GDAL will say what is wrong with it, or read it.
        }

        return null;
    }

    public void Read(DecodedRows rows, GridRect part)
    {
        for (int y = part.Y / Cut.Height * Cut.Height; y < part.Bottom; y += Cut.Height)
        {
            if (Cut.InOrder)
                ReadBand(rows, part, y);
            else
                ReadTiles(rows, part, y);
        }

        // The handle may wait long for its next part.
        _file.FreeDecoded();
    }

    public void Dispose() => _file.Dispose();

    private void ReadTiles(DecodedRows rows, GridRect part, int y)
    {
        for (int x = part.X / Cut.Width * Cut.Width; x < part.Right; x += Cut.Width)
        {
            _file.DecodeTile(x / Cut.Width, y / Cut.Height);
            Copy(rows, new GridRect(x, y, Cut.Width, Cut.Height).Intersect(part));
        }
    }

    private void ReadBand(DecodedRows rows, GridRect part, int y)
    {
        int left = part.X / Band * Band, right = Math.Min(((part.Right + Band - 1) / Band) * Band, _file.Layout.Width);
        _file.DecodeArea(left, y, right - left, Math.Min(Band, _file.Layout.Height - y));
        Copy(rows, new GridRect(left, y, right - left, Band).Intersect(part));
    }

    private void Copy(DecodedRows rows, GridRect part)
    {
        for (int i = 0; i < _bands.Length; i++)
            _file.Copy(_bands[i] - 1, part.X, part.Y, part.Width, part.Height, rows.At(i, part.X, part.Y), rows.LineSpacing);
    }
}
