using Flair.Indexing;

namespace Flair.Running;

/// <summary>What shows the whole map once the tiles are done: index, mosaic, style, catalogue, preview.</summary>
public sealed class RunProducts(RunPreparation plan)
{
    private readonly List<(string What, string Path)> _listed = [];

    /// <summary>What was written: name, and path relative to the output directory.</summary>
    public IReadOnlyList<(string What, string Path)> Listed => _listed;

    /// <summary>Writes them all; each replaces its predecessor only when it is complete.</summary>
    /// <param name="rows">The records of all tiles.</param>
    public void Write(IReadOnlyList<TileRow> rows)
    {
        IndexWriter.Compact(plan.Layout.Index, rows, plan.Description);
    }

    /// <summary>Hectares a class over all finished tiles, largest first; classes that do not occur are left out.</summary>
    public IReadOnlyList<(string Class, double Hectares)> Areas(IReadOnlyList<TileRow> rows) =>
    [
        .. plan.Model.Nomenclature.Classes
            .Select(c => (c.Name, rows.Where(row => row.Histogram.Count > 0).Sum(row => row.Histogram[c.Index]) * plan.HectaresPerPixel))
            .Where(area => area.Item2 > 0)
            .OrderByDescending(area => area.Item2),
    ];
}
