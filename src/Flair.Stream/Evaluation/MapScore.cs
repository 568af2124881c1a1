using Flair.Gdal;
using Flair.Indexing;
using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Source;
using Flair.Storage;
using Flair.Tiles;

namespace Flair.Evaluation;

/// <summary>What a map is compared with.</summary>
public sealed record MapScoreOptions
{
    /// <summary>The output directory of <c>flair detect</c>, or one raster of class indices from 0.</summary>
    public required string Map { get; init; }

    /// <summary>A raster of labels, or a directory of them (<c>.tif</c>).</summary>
    public required string Truth { get; init; }

    /// <summary>Whether the label 1 is class 0, as FLAIR's are; else 0 is.</summary>
    public bool TruthStartsAtOne { get; init; } = true;

    /// <summary>The map's classes; null takes those that its directory tells, or <c>flair-19</c> for a raster.</summary>
    public Nomenclature? Classes { get; init; }
}

/// <summary>How well a map agrees with its truth.</summary>
/// <param name="Classes">The classes that the map tells apart.</param>
/// <param name="Matrix">All pixels compared.</param>
/// <param name="Metrics">FLAIR-1's figures over the active classes.</param>
/// <param name="Rasters">Rasters of labels that overlap the map.</param>
/// <param name="Beside">Rasters of labels that do not.</param>
public sealed record MapScoreResult(Nomenclature Classes, ConfusionMatrix Matrix, SegmentationMetrics Metrics, int Rasters, int Beside)
{
    /// <summary>Active classes that the truth has.</summary>
    public int ClassesPresent => Metrics.Classes.Count(entry => entry.Support > 0);
}

/// <summary>
/// Compares a map with rasters of labels where they overlap. They are matched by their georeference and must share a pixel grid: nothing is
/// resampled. Memory does not grow with the map.
/// </summary>
public static class MapScore
{
    private const int PixelsAtOnce = 1 << 22;

    /// <summary>Compares them.</summary>
    /// <param name="options">What with what.</param>
    /// <param name="progress">Told after every raster of labels how many of how many are done; null for none.</param>
    /// <param name="cancellation">Stops it between two reads.</param>
    /// <exception cref="FlairException">Something is missing, cannot be read, lies on another grid, or nothing overlaps.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static MapScoreResult Run(MapScoreOptions options, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var truths = Truths(options.Truth);
        var classes = options.Classes ?? ClassesOf(options.Map);
        var matrix = new ConfusionMatrix(classes.Classes.Count);
        using var map = new Placed(MapFile(options.Map), null);
        var seen = new List<(string Path, GridRect Rect)>();
        for (var i = 0; i < truths.Count; i++)
        {
            using var truth = new Placed(truths[i], map);
            var overlap = truth.Rect.Intersect(map.Rect);
            if (!overlap.IsEmpty)
            {
                if (seen.Find(other => other.Rect.Overlaps(truth.Rect)).Path is { } twin)
                    throw new FlairException($"{truths[i]}: overlaps {twin}, so that pixels would count twice; take one of them away");
                seen.Add((truths[i], truth.Rect));
                Compare(map, truth, overlap, options.TruthStartsAtOne, matrix, cancellation);
            }

            progress?.Invoke(i + 1, truths.Count);
        }

        if (seen.Count == 0)
            throw new FlairException($"{options.Truth}: none of its {truths.Count} rasters overlaps {options.Map}; give the labels of the same area");
        if (matrix.Total == 0)
        {
            var first = options.TruthStartsAtOne ? 1 : 0;
            throw new FlairException($"{options.Truth}: no pixel has a class ({first} to {first + matrix.Classes - 1}) where the map has one; check --truth-starts-at and --classes");
        }

        var metrics = SegmentationMetrics.Of(matrix, [.. classes.Classes.Select(land => new TrainingClass(land.Index, land.Active ? 1 : 0, land.Name))]);
        return new(classes, matrix, metrics, seen.Count, truths.Count - seen.Count);
    }

    private static void Compare(Placed map, Placed truth, GridRect overlap, bool startsAtOne, ConfusionMatrix matrix, CancellationToken cancellation)
    {
        var rows = Math.Clamp(PixelsAtOnce / overlap.Width, 1, overlap.Height);
        var (labels, codes) = (new byte[rows * overlap.Width], new byte[rows * overlap.Width]);
        for (var row = overlap.Y; row < overlap.Bottom; row += rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var strip = new GridRect(overlap.X, row, overlap.Width, Math.Min(rows, overlap.Bottom - row));
            var count = strip.Width * strip.Height;
            truth.Read(strip, labels.AsSpan(0, count));
            map.Read(strip, codes.AsSpan(0, count));
            matrix.Add(labels.AsSpan(0, count), codes.AsSpan(0, count), startsAtOne);
        }
    }

    private static string MapFile(string map)
    {
        if (ObjectPath.IsRemoteText(map))
            return IsRemoteFolder(map) ? $"{map.TrimEnd('/')}/{MapVrt.FileName}" : map;
        if (!Directory.Exists(map))
            return File.Exists(map) ? map : throw new FlairException($"{map}: there is no such map; give the output directory of flair detect or one raster of it");
        var mosaic = Path.Combine(map, MapVrt.FileName);
        return File.Exists(mosaic)
            ? mosaic
            : throw new FlairException($"{map}: has no {MapVrt.FileName}, which flair detect writes when it has finished a map of class codes; run it again to finish, or give one raster");
    }

    /// <summary>True for the address of a finished output, which holds a mosaic.</summary>
    private static bool IsRemoteFolder(string map)
    {
        RemoteFiles.Install();
        return RemotePlaces.Find($"{map.TrimEnd('/')}/{MapVrt.FileName}") is not null;
    }

    private static Nomenclature ClassesOf(string map)
    {
        if (ObjectPath.IsRemoteText(map) ? !IsRemoteFolder(map) : !Directory.Exists(map))
            return Nomenclature.BuiltIn("flair-19");
        using var inspector = new IndexInspector(map);
        return inspector.Description.Classes;
    }

    private static IReadOnlyList<string> Truths(string truth)
    {
        if (File.Exists(truth))
            return [truth];
        if (!Directory.Exists(truth))
            throw new FlairException($"{truth}: there is no such directory or raster of labels");
        string[] files =
        [
            .. Directory.EnumerateFiles(truth)
                .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".tif" or ".tiff" or ".vrt")
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new FlairException($"{truth}: holds no raster of labels (.tif)");
    }

    /// <summary>An open raster with its place on the map's grid.</summary>
    private sealed class Placed : IDisposable
    {
        private readonly Raster _raster;
        private readonly MosaicGrid _grid;

        /// <param name="path">The raster.</param>
        /// <param name="map">The raster whose grid counts; null for that one itself.</param>
        public Placed(string path, Placed? map)
        {
            try
            {
                _raster = Raster.Open(path);
            }
            catch (GdalException e)
            {
                throw Unreadable(path, e);
            }

            try
            {
                if (_raster.Type(1) != GdalType.Byte)
                    throw new FlairException($"{path}: has values of type {_raster.Type(1)}; classes are 8-bit");
                if (_raster.GeoTransform is not [var x, > 0 and var width, 0, var y, 0, < 0 and var height])
                    throw new FlairException($"{path}: has no north-up georeference, so where it lies is not known; georeference it");
                double[] transform = [x, width, 0, y, 0, height];
                _grid = map?._grid ?? MosaicGrid.Of(_raster.CrsWkt, 0, transform, _raster.Width, _raster.Height);
                if (map is not null && _raster.CrsWkt.Length > 0 && map._raster.CrsWkt.Length > 0 && !Crs.Same(_raster.CrsWkt, map._raster.CrsWkt))
                    throw new FlairException($"{path}: is in {Crs.Name(_raster.CrsWkt)} and {map._raster.Path} in {Crs.Name(map._raster.CrsWkt)}; warp one to the other's grid");
                Rect = _grid.Place(transform, _raster.Width, _raster.Height, out var problem);
                if (problem is not null)
                    throw new FlairException($"{path}: {problem} ({map?._raster.Path ?? path}); resample it to that grid, nearest neighbour");
            }
            catch (GdalException e)
            {
                _raster.Dispose();
                throw Unreadable(path, e);
            }
            catch
            {
                _raster.Dispose();
                throw;
            }
        }

        /// <summary>Its pixels on the map's grid.</summary>
        public GridRect Rect { get; }

        public void Read(GridRect part, Span<byte> values)
        {
            try
            {
                _raster.Read(part.X - Rect.X, part.Y - Rect.Y, part.Width, part.Height, [1], values);
            }
            catch (GdalException e)
            {
                throw Unreadable(_raster.Path, e);
            }
        }

        public void Dispose() => _raster.Dispose();

        private static FlairException Unreadable(string path, GdalException cause) =>
            new($"{path}: cannot be read ({cause.Message.ReplaceLineEndings(" ").TrimEnd('.')}); write or copy it again", cause);
    }
}
