using Flair.Gdal;

namespace Flair.Source;

/// <summary>What a layer is to be made of.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Paths">Directories, patterns and files.</param>
/// <param name="Bands">The bands taken, from 1.</param>
/// <param name="Wanted">The kind of rasters to take where the paths hold several; null when the name does not tell.</param>
/// <param name="Elevation">True for a surface or terrain model, which has a grid of its own.</param>
internal sealed record LayerRequest(string Name, IReadOnlyList<string> Paths, int[] Bands, ProductKind? Wanted, bool Elevation);

/// <summary>Makes a layer of files: opens them all, finds their places, and says what does not belong.</summary>
internal sealed class LayerBuilder(CrsResolver crs, NodataMode nodata, Quarantine quarantine, int parallelism, InputProblems problems, Action<string> notice)
{
    private readonly List<UnreadableRaster> _unreadable = [];

    private const double MetresOffElevation = 20;
    private const double PixelsOffImagery = 2;
    private const int NoticesOfOneKind = 5;

    /// <summary>Sides of IGN's dalles in metres.</summary>
    private static readonly double[] DalleSides = [1000, 5000, 10000];

    /// <summary>Rasters that directories and patterns found beside rasters that can be read; whose tiles these are is for the caller to say.</summary>
    public IReadOnlyList<UnreadableRaster> Unreadable => _unreadable;

    /// <summary>Builds a layer.</summary>
    /// <param name="request">What of.</param>
    /// <param name="reference">The grid that the files must lie on; for elevation, whose CRS they must be in; null when they decide.</param>
    /// <returns>Null when no file can be used; the problems say why.</returns>
    public Layer? Build(LayerRequest request, MosaicGrid? reference)
    {
        var found = new RasterDiscovery(request.Elevation, notice).Find(request.Paths, problem => problems.Add($"{request.Name}: {problem}"));
        var files = Alike(Open(OfKind(found, request), request), request);
        List<(RasterInfo Info, double[] GeoTransform, ResolvedCrs Crs)> placed = [];
        foreach (var info in files)
        {
            if (Locate(info, request.Elevation, out var problem) is { } geoTransform && crs.Resolve(info.CrsWkt, info.Dalle, out problem) is { } system)
                placed.Add((info, geoTransform, system));
            else
                problems.Add($"{info.Path} {problem}");
        }

        if (placed.Count == 0)
            return null;
        var common = reference is null ? Majority(placed.Select(file => file.Crs), CrsResolver.Same) : new ResolvedCrs(reference.CrsWkt, reference.Epsg);
        placed.RemoveAll(file =>
        {
            bool other = !CrsResolver.Same(file.Crs, common);
            if (other)
                problems.Add($"{file.Info.Path} is in {file.Crs}, the others in {common}");
            return other;
        });
        if (placed.Count == 0)
            return null;

        var grid = reference is not null && !request.Elevation
            ? reference
            : Majority(placed.Select(file => MosaicGrid.Of(common.Wkt, common.Epsg, file.GeoTransform, file.Info.Width, file.Info.Height)), (a, b) => a == b);
        List<SourceFile> members = [];
        foreach (var (info, geoTransform, _) in placed)
        {
            var rect = grid.Place(geoTransform, info.Width, info.Height, out var problem);
            if (problem is null)
                members.Add(new SourceFile(info, rect, NodataRule.For(info, request.Bands, request.Elevation ? new NodataMode(true, null, 1, false) : nodata)));
            else
                problems.Add($"{info.Path} {problem}");
        }

        return members.Count == 0 ? null : new Layer(request.Name, grid, files[0].Bands[request.Bands[0] - 1].Type, request.Bands, Once(members));
    }

    /// <summary>Of a directory that holds several kinds of rasters (RVB and IRC, MNS and MNT), those wanted; named files are always wanted.</summary>
    private List<FoundRaster> OfKind(IReadOnlyList<FoundRaster> found, LayerRequest request)
    {
        var kinds = found.Select(file => DalleName.KindOf(file.Inside)).ToList();
        var distinct = kinds.OfType<ProductKind>().Distinct().Order().ToList();
        if (distinct.Count > 1 || (distinct.Count == 1 && found.Where((file, i) => kinds[i] is null && file.Inside.Length > 0).Any()))
        {
            if (request.Wanted is { } wanted && distinct.Contains(wanted))
                return [.. found.Where((_, i) => kinds[i] == wanted || found[i].Inside.Length == 0)];
            if (distinct.Count > 1)
            {
                problems.Add($"{request.Name}: finds rasters of several kinds ({string.Join(", ", distinct.Select(kind => found[kinds.IndexOf(kind)].Path))}); name the directory of one");
                return [];
            }
        }

        return [.. found];
    }

    private List<RasterInfo> Open(List<FoundRaster> found, LayerRequest request)
    {
        var opened = new (RasterInfo? Info, string? Problem)[found.Count];
        Parallel.For(0, found.Count, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, i =>
        {
            var path = found[i].Path;
            var held = quarantine.Find(path);
            if (held is { Opens: false })
            {
                opened[i] = (null, held.Reason);
                return;
            }

            try
            {
                using var entry = DecodeLedger.Note(path, DecodePhase.Opening);
                var info = RasterInfo.Probe(path) with { Quarantined = held?.Reason };
                opened[i] = RasterBounds.ProblemOf(info) is { } excess ? (null, $"{path} {excess}") : (info, null);
            }
            catch (GdalException fault)
            {
                var reason = fault.Message.Contains(path, StringComparison.Ordinal) ? fault.Message : $"{path}: {fault.Message}";
                opened[i] = (null, $"not a raster that can be read: {(new FileInfo(path) is { Exists: true, Length: 0 } ? $"{path} is empty" : reason)}");
            }
        });
        var someUsable = opened.Any(file => file.Info is not null);
        for (int i = 0; i < opened.Length; i++)
        {
            if (opened[i].Problem is not { } problem)
                continue;
            if (someUsable && found[i].Inside.Length > 0)
                _unreadable.Add(new UnreadableRaster(request.Name, found[i].Path, problem));
            else
                problems.Add(problem);
        }

        return [.. opened.Select(file => file.Info).OfType<RasterInfo>()];
    }

    /// <summary>The files with the bands asked for and the data type and number of bands that most have.</summary>
    private List<RasterInfo> Alike(List<RasterInfo> files, LayerRequest request)
    {
        int most = request.Bands.Max();
        files = Keep(files, info => info.Bands.Count >= most && request.Bands.Min() >= 1, info =>
            $"{info.Path} has {info.Bands.Count} band{(info.Bands.Count == 1 ? "" : "s")}, numbered from 1; {request.Name} asks for band {string.Join(", ", request.Bands.Where(band => band < 1 || band > info.Bands.Count))}");
        files = Keep(files, info => request.Bands.Select(band => info.Bands[band - 1].Type).Distinct().Count() == 1 && info.Bands[request.Bands[0] - 1].Type != GdalType.Unknown, info =>
            $"{info.Path} has bands of a data type that cannot be used, or of several");
        if (files.Count == 0)
            return files;
        int count = Majority(files.Select(info => info.Bands.Count), (a, b) => a == b);
        files = Keep(files, info => info.Bands.Count == count, info => $"{info.Path} has {info.Bands.Count} bands, the others of {request.Name} have {count}");
        var type = Majority(files.Select(info => info.Bands[request.Bands[0] - 1].Type), (a, b) => a == b);
        return Keep(files, info => info.Bands[request.Bands[0] - 1].Type == type, info => $"{info.Path} is {info.Bands[request.Bands[0] - 1].Type}, the others of {request.Name} are {type}");
    }

    private List<RasterInfo> Keep(List<RasterInfo> files, Predicate<RasterInfo> good, Func<RasterInfo, string> problem)
    {
        foreach (var info in files.Where(info => !good(info)))
            problems.Add(problem(info));
        return files.FindAll(good);
    }

    /// <summary>Where a file lies: what it says, checked against its name, or what its name says.</summary>
    private static double[]? Locate(RasterInfo info, bool elevation, out string? problem)
    {
        problem = null;
        var dalle = info.Dalle;
        if (info.GeoTransform is not { } six)
        {
            if (dalle?.Resolution is { } size && DalleSides.Any(side => Math.Abs((size * info.Width) - side) < size && Math.Abs((size * info.Height) - side) < size))
            {
                double half = dalle.IsElevation ? size / 2 : 0;
                return [(dalle.XKm * 1000.0) - half, size, 0, (dalle.YKm * 1000.0) + half, 0, -size];
            }

            problem = "does not say where it lies (no geotransform) and its name does not tell";
            return null;
        }

        if (!Array.TrueForAll(six, double.IsFinite))
        {
            problem = "has a geotransform with infinite or undefined values";
            return null;
        }

        if (six[2] != 0 || six[4] != 0 || six[1] <= 0 || six[5] >= 0)
        {
            problem = "is not north-up; warp it first (gdalwarp)";
            return null;
        }

        if (dalle is null)
            return six;
        if (dalle.Resolution is { } resolution && Math.Abs(six[1] - resolution) > 0.01 * resolution)
        {
            problem = $"has pixels of {six[1]:R} m by its header and of {resolution:R} m by its name";
            return null;
        }

        // Smaller cuts keep the dalle's name; only whole dalles must lie where their name says.
        double tolerance = elevation ? MetresOffElevation : PixelsOffImagery * six[1];
        bool whole = DalleSides.Any(side => Math.Abs((six[1] * info.Width) - side) <= tolerance && Math.Abs((-six[5] * info.Height) - side) <= tolerance);
        if (whole && (Math.Abs(six[0] - (dalle.XKm * 1000.0)) > tolerance || Math.Abs(six[3] - (dalle.YKm * 1000.0)) > tolerance))
        {
            problem = $"has its north-west corner at {six[0]:R}, {six[3]:R} by its header and at {dalle.XKm * 1000}, {dalle.YKm * 1000} by its name";
            return null;
        }

        return six;
    }

    /// <summary>Newest first, then by name; of files of the same place only the first.</summary>
    private List<SourceFile> Once(List<SourceFile> members)
    {
        var ordered = members
            .OrderByDescending(file => file.Info.Dalle?.Year ?? new DateTime(file.Info.Modified, DateTimeKind.Utc).Year)
            .ThenByDescending(file => file.Info.Dalle?.Year is null ? file.Info.Modified : 0)
            .ThenBy(file => file.Info.FileName, StringComparer.Ordinal)
            .ThenBy(file => file.Info.Path, StringComparer.Ordinal)
            .ToList();
        Dictionary<GridRect, SourceFile> places = [];
        int dropped = 0;
        List<SourceFile> kept = [];
        foreach (var file in ordered)
        {
            if (places.TryAdd(file.Rect, file))
            {
                kept.Add(file);
                continue;
            }

            if (++dropped <= NoticesOfOneKind)
                notice($"{file.Info.Path} shows the same place as {places[file.Rect].Info.Path}, which is newer or first by name and is used");
        }

        if (dropped > NoticesOfOneKind)
            notice($"{dropped - NoticesOfOneKind} more files were delivered twice; the newest of each is used");
        return kept;
    }

    private static T Majority<T>(IEnumerable<T> values, Func<T, T, bool> same)
    {
        List<(T Value, int Count)> seen = [];
        foreach (var value in values)
        {
            int at = seen.FindIndex(each => same(each.Value, value));
            if (at < 0)
                seen.Add((value, 1));
            else
                seen[at] = (seen[at].Value, seen[at].Count + 1);
        }

        return seen.MaxBy(each => each.Count).Value;
    }
}
