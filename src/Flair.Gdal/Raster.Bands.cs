using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <content>What a band says about itself.</content>
public sealed unsafe partial class Raster
{
    /// <summary>Data type of a band.</summary>
    public GdalType Type(int band)
    {
        using var use = new Use(this);
        var type = (GdalType)Native.GDALGetRasterDataType(Band(use, band));
        return Enum.IsDefined(type) ? type : GdalType.Unknown;
    }

    /// <summary>The rectangle that the file compresses as one: reads aligned to it decode nothing twice.</summary>
    public (int Width, int Height) BlockSize(int band)
    {
        using var use = new Use(this);
        Native.GDALGetBlockSize(Band(use, band), out int width, out int height);
        return (width, height);
    }

    /// <summary>The value that the file declares as no data; null when it declares none.</summary>
    public double? Nodata(int band)
    {
        using var use = new Use(this);
        double value = Native.GDALGetRasterNoDataValue(Band(use, band), out int set);
        return set != 0 ? value : null;
    }

    /// <summary>Declares the value that means no data.</summary>
    public void SetNodata(int band, double value)
    {
        using var use = new Use(this);
        Check(Native.GDALSetRasterNoDataValue(Band(use, band), value));
    }

    /// <summary>True when the file has a mask of its own for all bands, which is neither a band nor made of values that mean no data.</summary>
    public bool HasMask
    {
        get
        {
            const int PerDataset = 0x02; // GMF_PER_DATASET; with GMF_ALPHA (4) it is a band, with GMF_NODATA (8) it is made of values.
            using var use = new Use(this);
            return Native.GDALGetMaskFlags(Band(use, 1)) == PerDataset;
        }
    }

    /// <summary>What a band shows.</summary>
    public ColorInterpretation Interpretation(int band)
    {
        using var use = new Use(this);
        return (ColorInterpretation)Native.GDALGetRasterColorInterpretation(Band(use, band));
    }

    /// <summary>Sets what a band shows.</summary>
    public void SetInterpretation(int band, ColorInterpretation interpretation)
    {
        using var use = new Use(this);
        Check(Native.GDALSetRasterColorInterpretation(Band(use, band), (int)interpretation));
    }

    /// <summary>Sets the colours of the values 0, 1, … of a band.</summary>
    public void SetColorTable(int band, IReadOnlyList<(byte R, byte G, byte B, byte A)> colors)
    {
        ArgumentNullException.ThrowIfNull(colors);
        using var use = new Use(this);
        var handle = Band(use, band);
        var table = Native.GDALCreateColorTable(1);
        try
        {
            short* four = stackalloc short[4];
            for (int i = 0; i < colors.Count; i++)
            {
                (four[0], four[1], four[2], four[3]) = (colors[i].R, colors[i].G, colors[i].B, colors[i].A);
                Native.GDALSetColorEntry(table, i, four);
            }

            Check(Native.GDALSetRasterColorTable(handle, table));
        }
        finally
        {
            Native.GDALDestroyColorTable(table);
        }
    }

    /// <summary>The colours of the values 0, 1, … of a band; empty when it has no colour table.</summary>
    public IReadOnlyList<(byte R, byte G, byte B, byte A)> ColorTable(int band)
    {
        using var use = new Use(this);
        var table = Native.GDALGetRasterColorTable(Band(use, band));
        if (table == 0)
            return [];
        var colors = new (byte, byte, byte, byte)[Native.GDALGetColorEntryCount(table)];
        short* four = stackalloc short[4];
        for (int i = 0; i < colors.Length; i++)
        {
            _ = Native.GDALGetColorEntryAsRGB(table, i, four);
            colors[i] = ((byte)four[0], (byte)four[1], (byte)four[2], (byte)four[3]);
        }

        return colors;
    }

    /// <summary>The names of the values 0, 1, … of a band; empty when they have none.</summary>
    public IReadOnlyList<string> CategoryNames(int band)
    {
        using var use = new Use(this);
        var names = new List<string>();
        for (var next = Native.GDALGetRasterCategoryNames(Band(use, band)); next != null && *next != null; next++)
            names.Add(Text((nint)(*next)) ?? "");
        return names;
    }

    /// <summary>A band's description; empty when it has none.</summary>
    public string Description(int band)
    {
        using var use = new Use(this);
        return Text(Native.GDALGetDescription(Band(use, band))) ?? "";
    }

    /// <summary>Sets a band's description.</summary>
    public void SetDescription(int band, string text)
    {
        using var use = new Use(this);
        Native.GDALSetDescription(Band(use, band), text);
    }

    /// <summary>Number of overviews.</summary>
    public int OverviewCount(int band)
    {
        using var use = new Use(this);
        return Native.GDALGetOverviewCount(Band(use, band));
    }

    /// <summary>Columns and rows of an overview; level 0 is the largest.</summary>
    public (int Width, int Height) OverviewSize(int band, int level)
    {
        using var use = new Use(this);
        var overview = Overview(use, band, level);
        return (Native.GDALGetRasterBandXSize(overview), Native.GDALGetRasterBandYSize(overview));
    }

    /// <summary>Writes whole rows of an overview.</summary>
    /// <param name="band">Band.</param>
    /// <param name="level">Overview, 0 is the largest.</param>
    /// <param name="y">First row.</param>
    /// <param name="rows">[row, column].</param>
    public unsafe void WriteOverview(int band, int level, int y, ReadOnlySpan<byte> rows)
    {
        using var use = new Use(this);
        var overview = Overview(use, band, level);
        int width = Native.GDALGetRasterBandXSize(overview), count = rows.Length / width;
        fixed (byte* memory = rows)
            Check(Native.GDALRasterIOEx(overview, 1, 0, y, width, count, memory, width, count, (int)GdalType.Byte, 1, width, null));
    }

    /// <summary>Hands what is buffered of an overview to the operating system.</summary>
    public void FlushOverview(int band, int level)
    {
        using var use = new Use(this);
        Check(Native.GDALFlushRasterCache(Overview(use, band, level)));
    }

    /// <summary>Reads a whole overview, block by block, to see that it can be read.</summary>
    /// <exception cref="GdalException">It is not there or cannot be read.</exception>
    public unsafe void CheckOverview(int band, int level)
    {
        using var use = new Use(this);
        var overview = Overview(use, band, level);
        Native.GDALGetBlockSize(overview, out int width, out int height);
        nuint bytes = (nuint)width * (nuint)height * (nuint)(Native.GDALGetDataTypeSizeBits(Native.GDALGetRasterDataType(overview)) / 8);
        var memory = (byte*)NativeMemory.Alloc(bytes);
        try
        {
            for (int y = 0; y * height < Native.GDALGetRasterBandYSize(overview); y++)
            {
                for (int x = 0; x * width < Native.GDALGetRasterBandXSize(overview); x++)
                {
                    if (Native.GDALReadBlock(overview, x, y, memory) != 0)
                        throw GdalErrors.Take(Path);
                }
            }
        }
        finally
        {
            NativeMemory.Free(memory);
        }

        GdalErrors.ThrowIfAny(Path);
    }

    /// <summary>GDAL's 16-bit checksum of a band's pixels (<c>gdalinfo -checksum</c>).</summary>
    public int Checksum(int band)
    {
        using var use = new Use(this);
        var handle = Band(use, band);
        int sum = Native.GDALChecksumImage(handle, 0, 0, Width, Height);
        GdalErrors.ThrowIfAny(Path);
        return sum;
    }

    private nint Overview(Use use, int band, int level)
    {
        var overview = Native.GDALGetOverview(Band(use, band), level);
        return overview != 0 ? overview : throw new GdalException($"{Path} has no overview {level} of band {band}");
    }
}
