using Flair.Gdal;
using Flair.Settings;
using Flair.Storage;

namespace Flair.Source;

/// <summary>Opens all inputs of a run and fits them together; whatever does not fit is named in one error before anything is computed.</summary>
internal sealed class MosaicBuilder(RunSettings settings, Quarantine quarantine, Action<string> notice)
{
    /// <summary>A product that covers less of a tile than this lacks it: a neighbour's overhang of a few metres is no coverage.</summary>
    private const double LeastShare = 0.05;

    /// <summary>Coverage below which the user is told; elevation may end a few metres before the imagery.</summary>
    private const double FullImagery = 0.9999;
    private const double FullElevation = 0.97;

    private readonly InputProblems _problems = new();
    private readonly NodataMode _nodata = NodataMode.From(settings);
    private readonly List<UnreadableTile> _unreadable = [];

    public Mosaic Build()
    {
        GdalRuntime.Initialize();

        // A run maps what is there when it begins, whatever this process saw before.
        RemoteFiles.Forget();
        var first = settings.Inputs.FirstOrDefault(product => product.Height is null)
            ?? throw new FlairException("inputs: at least one product must be imagery; a height band alone has no tiles");
        var crs = new CrsResolver(settings.Crs, optional: settings.FlairDetect is not null);
        int readers = settings.Resources.Readers > 0 ? settings.Resources.Readers : Environment.ProcessorCount;
        var layers = new LayerBuilder(crs, _nodata, quarantine, readers, _problems, notice);

        var main = layers.Build(Imagery(first), null);
        List<ImageryProduct> imagery = [];
        List<HeightProduct> heights = [];
        int channel = 0;
        foreach (var product in settings.Inputs)
        {
            if (product.Height is { } height)
            {
                var surface = layers.Build(Elevation(product.Name, "surface", height.Surface, height.Terrain.Count == 0 ? ProductKind.Height : ProductKind.Surface), main?.Grid);
                var terrain = height.Terrain.Count == 0 ? null : layers.Build(Elevation(product.Name, "terrain", height.Terrain, ProductKind.Terrain), main?.Grid);
                if (surface is not null)
                    heights.Add(new HeightProduct(surface, terrain, height.Unit, channel));
            }
            else if ((ReferenceEquals(product, first) ? main : layers.Build(Imagery(product), main?.Grid)) is { } layer)
            {
                if (main is not null && layer.Type != main.Type)
                    _problems.Add($"{layer.Name} is {layer.Type} ({layer.Files[0].Info.Path}), {main.Name} is {main.Type}; imagery must be of one data type");
                imagery.Add(new ImageryProduct(layer, channel));
            }

            channel += product.ChannelCount;
        }

        if (main is null)
        {
            _problems.ThrowIfAny();
            throw new FlairException($"{first.Name}: no raster to map");
        }

        var tiles = Tiles(main, imagery, heights);
        var elevation = heights.SelectMany(height => height.Layers).Select(layer => layer.Name).ToHashSet(StringComparer.Ordinal);
        tiles = SetAside([.. layers.Unreadable.Where(raster => !elevation.Contains(raster.Layer))], main, tiles);
        var others = imagery.Select(product => product.Layer).Where(layer => !ReferenceEquals(layer, main)).Concat(heights.SelectMany(height => height.Layers));
        foreach (var layer in others)
            CheckCoverage(main, tiles, layer, [.. layers.Unreadable.Where(raster => raster.Layer == layer.Name)]);
        if (_problems.Any || tiles.Count == 0)
        {
            foreach (var tile in _unreadable)
                _problems.Add(tile.Error);
        }

        _problems.ThrowIfAny();
        CheckNodataValue(main);
        if (_unreadable.Count > 0)
            notice($"{_unreadable.Count} of {tiles.Count + _unreadable.Count} tiles cannot be mapped and count as failed, e.g. {_unreadable[0].Name}: {_unreadable[0].Error}");
        return new Mosaic(main.Grid, tiles, imagery, heights, _nodata, channel) { Unreadable = _unreadable };
    }

    private static LayerRequest Imagery(ProductSettings product)
    {
        if (product.Bands.Count == 0)
            throw new FlairException($"{product.Name}: no band is asked for");
        var kind = product.Name.ToUpperInvariant() switch
        {
            var name when name.Contains("RVB", StringComparison.Ordinal) || name.Contains("RGB", StringComparison.Ordinal) => ProductKind.Rvb,
            var name when name.Contains("IRC", StringComparison.Ordinal) || name is "IR" or "NIR" or "PIR" => ProductKind.Irc,
            _ => (ProductKind?)null,
        };
        return new LayerRequest(product.Name, product.Paths, [.. product.Bands], kind, false);
    }

    private static LayerRequest Elevation(string product, string part, IReadOnlyList<string> paths, ProductKind kind) =>
        new($"{product}.{part}", paths, [1], kind, true);

    private static List<SourceTile> Tiles(Layer main, List<ImageryProduct> imagery, List<HeightProduct> heights)
    {
        var ordered = main.Files.OrderBy(file => file.Rect.Y).ThenBy(file => file.Rect.X)
            .ThenBy(file => Stem(file), StringComparer.Ordinal).ThenBy(file => file.Info.Path, StringComparer.Ordinal).ToList();
        var stems = ordered.Select(Stem).ToHashSet(StringComparer.Ordinal);
        HashSet<string> taken = [];
        List<SourceTile> tiles = [];
        foreach (var file in ordered)
        {
            var name = Stem(file);
            for (int number = 2; !taken.Add(name); number++)
            {
                name = $"{Stem(file)}_{number}";
                if (stems.Contains(name))
                    name += "_";
            }

            SortedSet<string> files = new(StringComparer.Ordinal) { file.Info.Path };
            foreach (var product in imagery)
                files.UnionWith(product.Layer.In(file.Rect).Select(each => each.Info.Path));
            foreach (var layer in heights.SelectMany(height => height.Layers))
                files.UnionWith(layer.In(ElevationSampling.Area(main.Grid, layer.Grid, file.Rect)).Select(each => each.Info.Path));
            tiles.Add(new SourceTile(name, file.Rect, file.Info.Path, [.. files], file.Info.Dalle?.Year));
        }

        return tiles;
    }

    private static string Stem(SourceFile file) => Path.GetFileNameWithoutExtension(file.Info.Path);

    /// <summary>
    /// Makes each raster that cannot be opened the failure of its tile: one of the first product is its own, one of another product belongs to
    /// the tile of the same name, as BD ORTHO's RVB and IRC have. Whose tile is not known that way stays a problem, since pixels would be missing without a word.
    /// </summary>
    /// <returns>The tiles that can be mapped.</returns>
    private List<SourceTile> SetAside(IReadOnlyList<UnreadableRaster> unreadable, Layer main, List<SourceTile> tiles)
    {
        var names = tiles.Select(tile => tile.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (layer, path, problem) in unreadable)
        {
            var stem = Path.GetFileNameWithoutExtension(path);
            if (layer == main.Name)
            {
                var name = stem;
                for (int number = 2; !names.Add(name); number++)
                    name = $"{stem}_{number}";
                _unreadable.Add(new UnreadableTile(name, Place(path, main), path, problem));
            }
            else if (tiles.Find(tile => tile.Name == stem) is { } tile)
            {
                tiles.Remove(tile);
                _unreadable.Add(new UnreadableTile(tile.Name, tile.Rect, path, problem));
            }
            else if (!_unreadable.Exists(other => other.Name == stem))
            {
                _problems.Add($"{layer}: {problem}");
            }
        }

        return tiles;
    }

    /// <summary>Where a dalle lies by its name, as large as the others.</summary>
    private static GridRect? Place(string path, Layer main)
    {
        if (!DalleName.TryParse(path, out var dalle))
            return null;
        var (grid, size) = (main.Grid, main.Files[0].Rect);
        return new GridRect(
            (int)Math.Round(((dalle.XKm * 1000.0) - grid.AnchorX) / grid.PixelWidth),
            (int)Math.Round((grid.AnchorY - (dalle.YKm * 1000.0)) / grid.PixelHeight),
            size.Width,
            size.Height);
    }

    /// <summary>
    /// Tells of tiles that a layer covers in part and refuses those that it does not cover. Where rasters of an elevation layer cannot be opened, which
    /// leaves their place unknown, the tiles that it does not cover as a whole fail, and the others go on.
    /// </summary>
    private void CheckCoverage(Layer main, List<SourceTile> tiles, Layer layer, IReadOnlyList<UnreadableRaster> unreadable)
    {
        bool elevation = !ReferenceEquals(layer.Grid, main.Grid);
        int partly = 0;
        string? example = null;
        List<SourceTile> lost = [];
        foreach (var tile in tiles)
        {
            double share = layer.Share(elevation ? ElevationSampling.Extent(main.Grid, layer.Grid, tile.Rect) : tile.Rect);
            if (elevation && share < FullElevation && unreadable.Count > 0)
            {
                var more = unreadable.Count > 1 ? $" (and {unreadable.Count - 1} more)" : "";
                _unreadable.Add(new UnreadableTile(tile.Name, tile.Rect, unreadable[0].Path, $"{layer.Name} does not cover the tile; {unreadable[0].Problem}{more}"));
                lost.Add(tile);
            }
            else if (share < LeastShare)
                _problems.Add($"{tile.PrimaryFile} has no {layer.Name}: no raster of it covers this place");
            else if (share < (elevation ? FullElevation : FullImagery) && partly++ == 0)
                example = $"{tile.PrimaryFile} by {Math.Floor(share * 100)} %";
        }

        tiles.RemoveAll(lost.Contains);
        if (partly > 0)
            notice($"{layer.Name} covers {partly} of {tiles.Count} tiles only in part, e.g. {example}; the rest counts as unknown");
    }

    private void CheckNodataValue(Layer main)
    {
        if (_nodata.Value is { } value && !NodataRule.CanHold(main.Type, value))
            throw new FlairException($"nodata.value: {value:R} cannot occur in imagery of type {main.Type}");
    }
}
