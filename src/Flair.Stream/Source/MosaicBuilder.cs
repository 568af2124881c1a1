using Flair.Gdal;
using Flair.Settings;

namespace Flair.Source;

/// <summary>Opens all inputs of a run and fits them together; whatever does not fit is named in one error before anything is computed.</summary>
internal sealed class MosaicBuilder(RunSettings settings, Action<string> notice)
{
    /// <summary>A product that covers less of a tile than this lacks it: a neighbour's overhang of a few metres is no coverage.</summary>
    private const double LeastShare = 0.05;

    /// <summary>Coverage below which the user is told; elevation may end a few metres before the imagery.</summary>
    private const double FullImagery = 0.9999;
    private const double FullElevation = 0.97;

    private readonly InputProblems _problems = new();
    private readonly NodataMode _nodata = NodataMode.From(settings);

    public Mosaic Build()
    {
        GdalRuntime.Initialize();
        var first = settings.Inputs.FirstOrDefault(product => product.Height is null)
            ?? throw new FlairException("inputs: at least one product must be imagery; a height band alone has no tiles");
        var crs = new CrsResolver(settings.Crs, optional: settings.FlairDetect is not null);
        int readers = settings.Resources.Readers > 0 ? settings.Resources.Readers : Environment.ProcessorCount;
        var layers = new LayerBuilder(crs, _nodata, readers, _problems, notice);

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
        var others = imagery.Select(product => product.Layer).Where(layer => !ReferenceEquals(layer, main)).Concat(heights.SelectMany(height => height.Layers));
        foreach (var layer in others)
            CheckCoverage(main, layer);
        _problems.ThrowIfAny();
        CheckNodataValue(main);
        return new Mosaic(main.Grid, tiles, imagery, heights, _nodata, channel);
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

    private void CheckCoverage(Layer main, Layer layer)
    {
        bool elevation = !ReferenceEquals(layer.Grid, main.Grid);
        int partly = 0;
        string? example = null;
        foreach (var file in main.Files)
        {
            double share = layer.Share(elevation ? ElevationSampling.Extent(main.Grid, layer.Grid, file.Rect) : file.Rect);
            if (share < LeastShare)
                _problems.Add($"{file.Info.Path} has no {layer.Name}: no raster of it covers this place");
            else if (share < (elevation ? FullElevation : FullImagery) && partly++ == 0)
                example = $"{file.Info.Path} by {Math.Floor(share * 100)} %";
        }

        if (partly > 0)
            notice($"{layer.Name} covers {partly} of {main.Files.Count} tiles only in part, e.g. {example}; the rest counts as unknown");
    }

    private void CheckNodataValue(Layer main)
    {
        if (_nodata.Value is { } value && !NodataRule.CanHold(main.Type, value))
            throw new FlairException($"nodata.value: {value:R} cannot occur in imagery of type {main.Type}");
    }
}
