using System.Text.RegularExpressions;
using Flair.Gdal;
using Flair.Indexing;
using Flair.Settings;
using Flair.Storage;

namespace Flair.Source;

/// <summary>
/// All rasters of a run as one raster: the channels of all products on one grid, the tiles of the first imagery product, and the files
/// behind them. Immutable and safe to share; pixels come from an <see cref="AreaReader"/>.
/// </summary>
public sealed partial class Mosaic
{
    private readonly Dictionary<string, string> _quarantined;

    internal Mosaic(MosaicGrid grid, IReadOnlyList<SourceTile> tiles, IReadOnlyList<ImageryProduct> imagery, IReadOnlyList<HeightProduct> heights, NodataMode nodata, int channels)
    {
        Grid = grid;
        Tiles = tiles;
        Imagery = imagery;
        Heights = heights;
        Nodata = nodata;
        ChannelCount = channels;
        ImageryType = imagery[0].Layer.Type;
        Samples = ImageryType == GdalType.Byte ? SampleType.UInt8 : SampleType.Float32;
        Bounds = tiles.Aggregate(default(GridRect), (bounds, tile) => bounds.Union(tile.Rect));
        _quarantined = Layers.SelectMany(layer => layer.Files).Where(file => file.Info.Quarantined is not null)
            .DistinctBy(file => file.Info.Path).ToDictionary(file => file.Info.Path, file => file.Info.Quarantined!, StringComparer.Ordinal);
        BytesToRead = Layers.SelectMany(layer => layer.Files).DistinctBy(file => file.Info.Path).Sum(file => file.Info.Bytes);
    }

    /// <summary>The grid that every rectangle here is on.</summary>
    public MosaicGrid Grid { get; }

    /// <summary>The tiles, north to south, then west to east, then by name; at least one.</summary>
    public IReadOnlyList<SourceTile> Tiles { get; }

    /// <summary>Tiles that cannot be mapped because a raster of them cannot be opened; none of them is in <see cref="Tiles"/>.</summary>
    public IReadOnlyList<UnreadableTile> Unreadable { get; internal init; } = [];

    /// <summary>Channels of all products together.</summary>
    public int ChannelCount { get; }

    /// <summary>Type of the values that a reader gives: bytes when all imagery is 8-bit, else floats. A height band follows.</summary>
    public SampleType Samples { get; }

    /// <summary>Data type of the imagery's files.</summary>
    public GdalType ImageryType { get; }

    /// <summary>The smallest rectangle that holds all tiles.</summary>
    public GridRect Bounds { get; }

    /// <summary>Bytes of all files that are used.</summary>
    public long BytesToRead { get; }

    internal IReadOnlyList<ImageryProduct> Imagery { get; }

    internal IReadOnlyList<HeightProduct> Heights { get; }

    internal NodataMode Nodata { get; }

    private IEnumerable<Layer> Layers => Imagery.Select(product => product.Layer).Concat(Heights.SelectMany(height => height.Layers));

    /// <summary>
    /// Opens every input once, fits them together and closes them again. A raster that is there twice is used once: the newest by the
    /// year in its name, else by its modification time, else the first by name.
    /// </summary>
    /// <param name="settings">Inputs, CRS, nodata, FLAIR-1 mode and readers are looked at.</param>
    /// <param name="notice">Takes a line for each thing worth telling that is no error.</param>
    /// <exception cref="FlairException">
    /// Rasters that are missing, unreadable (what was not named outright, beside others that can be read, makes tiles
    /// <see cref="Unreadable"/> instead) or do not belong together (another CRS, resolution, band count, data type, a tile without
    /// one of the products): all of them in one line, the first ten by name.
    /// </exception>
    public static Mosaic Open(RunSettings settings, Action<string> notice) => Open(settings, Quarantine.None, notice);

    /// <summary>As <see cref="Open(RunSettings, Action{string})"/>, but the files in quarantine are not decoded, nor opened where even that is dangerous.</summary>
    /// <param name="settings">Inputs, CRS, nodata, FLAIR-1 mode and readers are looked at.</param>
    /// <param name="quarantine">Files that are not read: see <see cref="HeldBack"/>; to the neighbours their pixels are unknown.</param>
    /// <param name="notice">Takes a line for each thing worth telling that is no error.</param>
    /// <exception cref="FlairException">As there.</exception>
    public static Mosaic Open(RunSettings settings, Quarantine quarantine, Action<string> notice)
    {
        ArgumentNullException.ThrowIfNull(quarantine);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(notice);
        return new MosaicBuilder(settings, quarantine, notice).Build();
    }

    /// <summary>Why a tile must not be mapped: a file with pixels of it is in quarantine; null when it may.</summary>
    public UnreadableTile? HeldBack(SourceTile tile)
    {
        ArgumentNullException.ThrowIfNull(tile);
        return tile.Files.FirstOrDefault(_quarantined.ContainsKey) is { } path ? new UnreadableTile(tile.Name, tile.Rect, path, _quarantined[path]) : null;
    }

    /// <summary>True when at least one raster of imagery has a pixel in <paramref name="area"/>, whatever its value.</summary>
    public bool Covers(GridRect area) => Imagery.Any(product => product.Layer.In(area).Count > 0);

    /// <summary>
    /// What every file that a reader of <paramref name="area"/> would open is on disk now, ordered by path; the sources of a VRT are
    /// listed with it. Pixels of the area can change only when one of these does.
    /// </summary>
    /// <param name="area">The pixels.</param>
    /// <param name="asRead">True to mark the files in quarantine, which are not read, with a size of -1.</param>
    public IReadOnlyList<InputFingerprint> Fingerprints(GridRect area, bool asRead = true)
    {
        SortedSet<string> paths = new(StringComparer.Ordinal);
        foreach (var product in Imagery)
            paths.UnionWith(product.Layer.In(WithHalo(area)).Select(file => file.Info.Path));
        foreach (var layer in Heights.SelectMany(height => height.Layers))
            paths.UnionWith(layer.In(ElevationSampling.Area(Grid, layer.Grid, area)).Select(file => file.Info.Path));
        foreach (var path in paths.Where(path => path.EndsWith(".vrt", StringComparison.OrdinalIgnoreCase)).ToList())
            paths.UnionWith(SourcesOfVrt(path));
        return [.. paths.Select(path =>
        {
            var file = RasterInfo.Stat(path);
            return file with { Path = RasterInfo.WithoutQuery(path), Bytes = asRead && _quarantined.ContainsKey(path) ? -1 : file.Bytes };
        })];
    }

    /// <summary>True when some pixel of an area may look like no data without being it.</summary>
    internal bool HasSuspects(GridRect area) => Imagery.Any(product => product.Layer.In(area).Exists(file => file.Nodata.HasSuspects));

    /// <summary>
    /// An area with the margin in which a solid square of no data may lie that reaches into it; the area itself where no pixel of it can
    /// be suspect.
    /// </summary>
    internal GridRect WithHalo(GridRect area) => HasSuspects(area) ? area.Inflate(Nodata.SolidSide - 1) : area;

    private static IEnumerable<string> SourcesOfVrt(string path)
    {
        var remote = ObjectPath.IsRemoteText(path);
        if (!remote && !File.Exists(path))
            yield break;
        var folder = remote ? path[..path.LastIndexOf('/')] : Path.GetDirectoryName(path) ?? "";
        foreach (Match match in SourceFilename().Matches(remote ? RemotePlaces.ReadText(path) : File.ReadAllText(path)))
        {
            var source = System.Net.WebUtility.HtmlDecode(match.Groups["path"].Value);
            yield return match.Groups["attributes"].Value.Contains("relativeToVRT=\"1\"", StringComparison.Ordinal) ? Path.Combine(folder, source) : source;
        }
    }

    [GeneratedRegex(@"<SourceFilename(?<attributes>[^>]*)>(?<path>[^<]+)</SourceFilename>")]
    private static partial Regex SourceFilename();
}
