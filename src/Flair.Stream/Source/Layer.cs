using Flair.Gdal;

namespace Flair.Source;

/// <summary>A raster at its place in a <see cref="Layer"/>.</summary>
/// <param name="Info">What it says.</param>
/// <param name="Rect">Its pixels on the layer's grid.</param>
/// <param name="Nodata">What tells that it has no data.</param>
internal sealed record SourceFile(RasterInfo Info, GridRect Rect, NodataRule Nodata);

/// <summary>
/// Rasters of one kind on one grid that together are one raster: an imagery product, or a surface or terrain model. Where several cover
/// a pixel, the earliest in <see cref="Files"/> gives it. Immutable.
/// </summary>
internal sealed class Layer
{
    private readonly RectIndex _index;

    public Layer(string name, MosaicGrid grid, GdalType type, int[] bands, IReadOnlyList<SourceFile> files)
    {
        Name = name;
        Grid = grid;
        Type = type;
        Bands = bands;
        Files = files;
        _index = new RectIndex([.. files.Select(file => file.Rect)]);
    }

    /// <summary>For messages.</summary>
    public string Name { get; }

    public MosaicGrid Grid { get; }

    /// <summary>Data type of the bands, the same in all files.</summary>
    public GdalType Type { get; }

    /// <summary>The bands taken of each file, from 1.</summary>
    public int[] Bands { get; }

    /// <summary>The files that are used: newest first, then by name.</summary>
    public IReadOnlyList<SourceFile> Files { get; }

    /// <summary>The files that give pixels to an area of the layer's grid, in the order of <see cref="Files"/>.</summary>
    public List<SourceFile> In(GridRect area)
    {
        List<SourceFile> files = [];
        foreach (int i in _index.In(area))
        {
            var part = Files[i].Rect.Intersect(area);
            if (!files.Exists(better => better.Rect.Contains(part)))
                files.Add(Files[i]);
        }

        return files;
    }

    /// <summary>The share of an area of the layer's grid that some file covers, 0 to 1.</summary>
    public double Share(GridRect area) => Coverage.Share(area, _index.In(area).Select(i => Files[i].Rect));
}

/// <summary>Imagery, and the channel that its first band becomes.</summary>
internal sealed record ImageryProduct(Layer Layer, int FirstChannel);

/// <summary>A height band, and the channel that it becomes; <paramref name="Terrain"/> is null where the surface is a height already.</summary>
internal sealed record HeightProduct(Layer Surface, Layer? Terrain, double Unit, int Channel)
{
    public IEnumerable<Layer> Layers => Terrain is null ? [Surface] : [Surface, Terrain];
}
