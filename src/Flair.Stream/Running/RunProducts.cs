using System.Text;
using Flair.Indexing;
using Flair.Source;
using Flair.Tiles;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>What shows the whole map once the tiles are done: mosaic, style, catalogue, preview, and the index.</summary>
public sealed class RunProducts(RunPreparation plan)
{
    private readonly OutputLayout _layout = plan.Layout;

    /// <summary>
    /// Writes them all, each under its final name only when it is complete; the index, which is another library's work, beside the rest. What it lists comes
    /// last: a run removes that before it changes a tile, so where it is, everything else is up to date too.
    /// </summary>
    /// <param name="rows">The records of all tiles.</param>
    /// <param name="cancellation">Stops the building of the index.</param>
    /// <returns>What a person opens first: name, and path relative to the output directory.</returns>
    /// <exception cref="FlairException">A file cannot be written.</exception>
    public IReadOnlyList<(string What, string Path)> Write(IReadOnlyList<TileRow> rows, CancellationToken cancellation)
    {
        var index = plan.ChangesIndex || !File.Exists(_layout.Index.Tiles) || !File.Exists(_layout.Index.Slices)
            ? Task.Run(() => IndexWriter.Compact(_layout.Index, rows, plan.Description, cancellation: cancellation), CancellationToken.None)
            : null;
        List<(string What, string Path)> products;
        try
        {
            products = [.. plan.Lattice is FlairSlicing slicing ? WriteFlair(slicing, rows) : WriteMap(rows)];
        }
        catch
        {
            // Nothing is at work in the output directory when this returns.
            index?.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
            throw;
        }

        if (index is not null)
        {
            index.GetAwaiter().GetResult();
            Write(_layout.Index.Listed, OutputSurvey.Digest(rows));
        }

        return [.. products, ("windows", Relative(_layout.Index.Slices)), ("tiles", Relative(_layout.Index.Tiles))];
    }

    /// <summary>Hectares a class over all finished tiles, largest first; classes that do not occur are left out.</summary>
    public IReadOnlyList<(string Class, double Hectares)> Areas(IReadOnlyList<TileRow> rows) =>
    [
        .. plan.Model.Nomenclature.Classes
            .Select(land => (land.Name, Hectares: rows.Where(row => row.Histogram.Count > 0).Sum(row => row.Histogram[land.Index]) * plan.HectaresPerPixel))
            .Where(area => area.Hectares > 0)
            .OrderByDescending(area => area.Hectares),
    ];

    private IEnumerable<(string What, string Path)> WriteMap(IReadOnlyList<TileRow> rows)
    {
        var done = rows.Where(row => row.Status == TileStatus.Done).ToDictionary(row => row.Tile, StringComparer.Ordinal);
        return MapProducts.Write(new MapDescription
        {
            Output = _layout.Root,
            Rasters = _layout.Remote?.Store.Root.ToString(),
            Folder = Path.GetRelativePath(_layout.Root, _layout.Tiles),
            Grid = plan.Mosaic.Grid,
            Classes = plan.Model.Nomenclature,
            Outputs = plan.Settings.Outputs,
            Tiles =
            [
                .. plan.Mosaic.Tiles
                    .Where(tile => done.ContainsKey(tile.Name))
                    .Select(tile => new MappedTile(tile.Name, tile.Rect, tile.Year, done[tile.Name].Outputs, tile.PrimaryFile)),
                .. plan.Kept.Select(row => new MappedTile(row.Tile, plan.RectOf(row), DalleName.TryParse(row.Tile, out var dalle) ? dalle.Year : null, row.Outputs)),
            ],
            Architecture = plan.Model.Architecture,
            Weights = Path.GetFileName(plan.Settings.Model.Weights),
            Version = plan.Identity.Software,
        });
    }

    /// <summary>FLAIR-1 leaves a raster and, when asked, its slicing job; the style beside the raster is what QGIS opens it with.</summary>
    private IEnumerable<(string What, string Path)> WriteFlair(FlairSlicing slicing, IReadOnlyList<TileRow> rows)
    {
        var settings = plan.Settings.FlairDetect!;
        if (settings.WriteDataframe)
            yield return ("slicing job", Relative(Path.Combine(_layout.Base, FlairSlicingGpkg.Write(_layout.Base, settings.OutputName, plan.Mosaic.Grid.CrsWkt, slicing))));
        if (rows.All(row => row.Status != TileStatus.Done))
            yield break;
        yield return ("map", Relative(Path.Combine(_layout.Base, settings.OutputName + ".tif")));
        if (!plan.Settings.Outputs.Classes)
            yield break;
        var style = Path.Combine(_layout.Base, settings.OutputName + ".qml");
        Write(style, QgisStyle.Xml(plan.Model.Nomenclature));
        yield return ("style", Relative(style));
    }

    private static void Write(string path, string text) =>
        OutputGuard.Run($"{path}: cannot be written", () => DurableFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text)));

    private string Relative(string path) => Path.GetRelativePath(_layout.Root, path);
}
