using System.Collections.Concurrent;
using Flair.Gdal;
using Flair.Source;

namespace Flair.Measuring;

/// <summary>
/// What GDAL alone decodes in a second on this machine: each compressed block of a mosaic's files once, all cores busy, one handle a thread, the pixels
/// thrown away. No reader of ours can be faster with the same GDAL.
/// </summary>
internal static class RawDecoding
{
    private const int LeastRows = 256;
    private const int LeastPixelsAlone = 256 * 256;
    private const int RowsOfVrt = 1024;

    /// <summary>Decodes all files.</summary>
    /// <exception cref="FlairException">A file cannot be decoded.</exception>
    public static void Run(Mosaic mosaic, CancellationToken cancellation)
    {
        var jobs = Partitioner.Create(Jobs(mosaic), EnumerablePartitionerOptions.NoBuffering);
        try
        {
            Parallel.ForEach(
                jobs,
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation },
                () => new Decoder(),
                (job, _, decoder) => decoder.Decode(job),
                decoder => decoder.Dispose());
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions.OfType<GdalException>().FirstOrDefault() is { } fault)
        {
            throw new FlairException($"decoding cannot be measured: {fault.Message}", fault);
        }
    }

    /// <summary>File after file, in pieces of one large block or of a few rows of small ones.</summary>
    private static IEnumerable<Job> Jobs(Mosaic mosaic)
    {
        var imagery = mosaic.Samples == SampleType.UInt8 ? GdalType.Byte : GdalType.Float32;
        var layers = mosaic.Imagery.Select(product => (product.Layer, Type: imagery))
            .Concat(mosaic.Heights.SelectMany(height => height.Layers).Select(layer => (Layer: layer, Type: GdalType.Float32)));
        var files = layers
            .SelectMany(layer => layer.Layer.Files.Select(file => (file.Info, layer.Layer.Bands, layer.Type)))
            .GroupBy(file => file.Info.Path, StringComparer.Ordinal);
        foreach (var uses in files)
        {
            // A file that two products share has to be decoded once only.
            var info = uses.First().Info;
            int[] bands = [.. uses.SelectMany(use => use.Bands).Distinct().Order()];
            foreach (var part in Parts(info))
                yield return new Job(info.Path, part, bands, uses.First().Type);
        }
    }

    private static IEnumerable<GridRect> Parts(RasterInfo info)
    {
        int width = info.BlockWidth, height = info.BlockHeight;
        if (info.Driver == "VRT" || width * (long)height < LeastPixelsAlone)
        {
            width = info.Width;
            var least = info.Driver == "VRT" ? RowsOfVrt : LeastRows;
            height *= Math.Max(1, (least + height - 1) / height);
        }

        for (var y = 0; y < info.Height; y += height)
        {
            for (var x = 0; x < info.Width; x += width)
                yield return new GridRect(x, y, Math.Min(width, info.Width - x), Math.Min(height, info.Height - y));
        }
    }

    private sealed record Job(string Path, GridRect Part, int[] Bands, GdalType Type);

    /// <summary>A thread's handle and memory.</summary>
    private sealed class Decoder : IDisposable
    {
        private Raster? _raster;
        private byte[] _bytes = [];
        private float[] _floats = [];

        public Decoder Decode(Job job)
        {
            if (_raster?.Path != job.Path)
            {
                _raster?.Dispose();
                _raster = Raster.Open(job.Path);
            }

            if (job.Type == GdalType.Byte)
                Read(job, ref _bytes);
            else
                Read(job, ref _floats);
            return this;
        }

        public void Dispose() => _raster?.Dispose();

        private void Read<T>(Job job, ref T[] memory)
            where T : unmanaged
        {
            var part = job.Part;
            var values = part.Area * job.Bands.Length;
            if (memory.Length < values)
                memory = GC.AllocateUninitializedArray<T>(checked((int)values));
            _raster!.Read<T>(part.X, part.Y, part.Width, part.Height, job.Bands, memory);
        }
    }
}
