using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Flair.Nomenclatures;
using Flair.Source;

namespace Flair.Indexing;

/// <summary>
/// What the rows of an index do not say: its grid and its classes. It lies beside the commit records while a run goes on, and in the
/// metadata of both Parquet files (<c>flair:grid</c>, <c>flair:classes</c>) afterwards.
/// </summary>
/// <param name="Grid">The mosaic's grid.</param>
/// <param name="Classes">The classes, in the order of the histograms.</param>
/// <param name="ProjJson">The CRS as PROJJSON; null when unknown.</param>
public sealed partial record IndexDescription(MosaicGrid Grid, Nomenclature Classes, string? ProjJson)
{
    /// <summary>
    /// Hectares a pixel covers; null where the CRS counts in degrees. A CRS that is not known is taken to count in metres.
    /// </summary>
    [JsonIgnore]
    public double? HectaresPerPixel
    {
        get
        {
            if (Grid.CrsWkt.StartsWith("GEOG", StringComparison.Ordinal))
                return null;
            // The last unit of a projected CRS is that of its axes, in WKT 1 and 2 alike; the number is metres a unit.
            var unit = LengthUnit().Matches(Grid.CrsWkt).LastOrDefault();
            var metres = unit is not null && double.TryParse(unit.Groups[1].Value, CultureInfo.InvariantCulture, out var number) ? number : 1.0;
            return Grid.PixelWidth * Grid.PixelHeight * metres * metres / 10_000;
        }
    }

    /// <summary>Writes it into a run's work folder. A run does so before its first tile.</summary>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public void Save(IndexLayout layout)
    {
        try
        {
            Directory.CreateDirectory(layout.Work);
            var bytes = JsonSerializer.SerializeToUtf8Bytes(this, IndexJson.Default.IndexDescription);
            // A copy of an object stays that of the object where nothing changes.
            if (!File.Exists(layout.Description) || !File.ReadAllBytes(layout.Description).AsSpan().SequenceEqual(bytes))
                DurableFile.WriteAllBytes(layout.Description, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{layout.Description} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Reads it from a run's work folder.</summary>
    /// <exception cref="FlairException">It is not there or not whole.</exception>
    public static IndexDescription Load(IndexLayout layout)
    {
        try
        {
            return Checked(JsonSerializer.Deserialize(BoundedFile.ReadAllBytes(layout.Description), IndexJson.Default.IndexDescription)
                ?? throw new JsonException("it holds null"));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{layout.Description} cannot be read ({MessageText.OneLine(e.Message)}); run flair detect with this output directory again", e);
        }
    }

    /// <summary>The metadata of a Parquet file, but for <c>geo</c>.</summary>
    internal Dictionary<string, string> ToMetadata() => new()
    {
        ["flair:grid"] = JsonSerializer.Serialize(Grid, IndexJson.Default.MosaicGrid),
        ["flair:classes"] = JsonSerializer.Serialize(Classes, IndexJson.Default.Nomenclature),
    };

    /// <summary>The reverse of <see cref="ToMetadata"/>.</summary>
    /// <exception cref="JsonException">A value is not what was written.</exception>
    internal static IndexDescription FromMetadata(IReadOnlyDictionary<string, string> metadata) => Checked(new(
        JsonSerializer.Deserialize(metadata.GetValueOrDefault("flair:grid", "null"), IndexJson.Default.MosaicGrid) ?? throw new JsonException("flair:grid is missing"),
        JsonSerializer.Deserialize(metadata.GetValueOrDefault("flair:classes", "null"), IndexJson.Default.Nomenclature) ?? throw new JsonException("flair:classes is missing"),
        null));

    /// <summary>What JSON cannot say of itself.</summary>
    /// <exception cref="JsonException">No run wrote this.</exception>
    private static IndexDescription Checked(IndexDescription description)
    {
        var (grid, classes) = (description.Grid, description.Classes.Classes);
        if (!(grid.PixelWidth > 0 && grid.PixelHeight > 0) || !double.IsFinite(grid.PixelWidth + grid.PixelHeight + grid.AnchorX + grid.AnchorY))
            throw new JsonException("its grid is none");
        if (classes.Count > Nomenclature.MaximumClasses || classes.Where((entry, index) => entry is null || entry.Index != index || entry.Name is null).Any())
            throw new JsonException("its classes are none");
        return description;
    }

    [GeneratedRegex("""(?:LENGTH)?UNIT\["[^"]*",\s*([0-9.eE+-]+)""")]
    private static partial Regex LengthUnit();
}
