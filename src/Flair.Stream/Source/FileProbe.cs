using Flair.Gdal;

namespace Flair.Source;

/// <summary>Decodes all of a raster and keeps nothing: whoever wants to know whether that takes the process down does it in another.</summary>
public static class FileProbe
{
    private const int RowsAtOnce = 1024;

    /// <summary>Decodes all bands of a raster in the way that a run does, and notes in <see cref="DecodeLedger.Current"/> what it is at.</summary>
    /// <param name="path">The raster.</param>
    /// <returns>What could not be read, in one line each; empty when all could.</returns>
    public static IReadOnlyList<string> Run(string path)
    {
        RasterInfo info;
        try
        {
            using (DecodeLedger.Note(path, DecodePhase.Opening))
                info = RasterInfo.Probe(path);
        }
        catch (GdalException fault)
        {
            return [fault.Message];
        }

        int[] bands = [.. Enumerable.Range(1, info.Bands.Count), .. info.HasMask ? [NodataRule.MaskBand] : Array.Empty<int>()];
        var rect = new GridRect(0, 0, info.Width, info.Height);
        var file = new SourceFile(info, rect, NodataRule.For(info, bands, new NodataMode(true, null, 1, false)));
        using var pool = new BufferPool(2);
        using var blocks = new RasterBlocks(file, rect, bands, info.Bands[0].Type == GdalType.Byte ? GdalType.Byte : GdalType.Float32, pool, new ReadCounters(), attempts: 1);
        List<string> failures = [];
        for (var bottom = 0; bottom < info.Height;)
        {
            bottom = Math.Min(bottom + RowsAtOnce, info.Height);
            Parallel.ForEach(blocks.Prepare(bottom, 2 * Environment.ProcessorCount, AreaReader.LeastPixelsOfJob), job => job.Source.Decode(job, CancellationToken.None));
            failures.AddRange(blocks.Rows.SelectMany(rows => rows.Failed).Select(failed => failed.Message));
            blocks.Release(bottom);
        }

        return [.. failures.Distinct()];
    }
}
