using Flair.Indexing;
using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tiles;

/// <summary>A finished map: what the files that join its tiles are made from.</summary>
public sealed record MapDescription
{
    /// <summary>The output directory.</summary>
    public required string Output { get; init; }

    /// <summary>The folder in it that holds the tiles, with forward slashes; empty when they lie in it directly.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The grid of all tiles.</summary>
    public required MosaicGrid Grid { get; init; }

    /// <summary>Names and colours of the class codes.</summary>
    public required Nomenclature Classes { get; init; }

    /// <summary>Which rasters each tile has.</summary>
    public required OutputSettings Outputs { get; init; }

    /// <summary>The tiles that were written, in any order.</summary>
    public required IReadOnlyList<MappedTile> Tiles { get; init; }

    /// <summary>The model's architecture, e.g. <c>resnet34_unet</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The weights' name, e.g. their file name.</summary>
    public required string Weights { get; init; }

    /// <summary>The software's version.</summary>
    public required string Version { get; init; }

    /// <summary>The smallest rectangle with all tiles.</summary>
    public GridRect Bounds => Tiles.Aggregate(default(GridRect), (bounds, tile) => bounds.Union(tile.Rect));

    /// <summary>The tiles by name, the order of everything that is written.</summary>
    internal IEnumerable<MappedTile> Sorted => Tiles.OrderBy(tile => tile.Name, StringComparer.Ordinal);

    /// <summary>A tile's raster, relative to the output directory; null when it has none of that kind.</summary>
    internal string? FileOf(MappedTile tile, TileLayerKind kind)
    {
        bool[] has = [Outputs.Classes, Outputs.Probabilities, Outputs.Confidence];
        return has[(int)kind] ? string.Join('/', new[] { Folder, TileWriter.FileName(kind, tile.Name, has.Count(one => one) == 1) }.Where(part => part.Length > 0)) : null;
    }

    /// <summary>Where the tiles' rasters are read from, a directory or an address; null for <see cref="Output"/>.</summary>
    public string? Rasters { get; init; }

    /// <summary>What GDAL opens a tile's raster by, where it has one of that kind.</summary>
    internal string RasterAt(string file) => Rasters is null ? At(file) : $"{Rasters.TrimEnd('/')}/{file}";

    /// <summary>The full path of a file of the map's.</summary>
    internal string At(string file) => Path.Combine(Output, file);
}

/// <summary>A tile that was written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rect">Its pixels.</param>
/// <param name="Year">The year of its imagery; null when unknown.</param>
/// <param name="Files">The files written for it.</param>
/// <param name="Image">The image it was made from, for the preview; null for none.</param>
public sealed record MappedTile(string Name, GridRect Rect, int? Year, IReadOnlyList<OutputFile> Files, string? Image = null);
