using Flair.Gdal;
using Flair.Running;
using Flair.Source;
using Flair.Tiles;

namespace Flair.Measuring;

/// <summary>A made-up map of one tile, calm as a real one: fields and plots of one class each, with uneven borders.</summary>
internal sealed class WrittenTile
{
    private const int MostPixels = 5000;
    private const int MostPixelsOfProbabilities = 2000;
    private const int RowsAtOnce = 128;

    private readonly RunPreparation _plan;
    private readonly string _folder;
    private readonly GridRect _rect;
    private readonly byte[] _classes;
    private readonly byte[] _confidence;
    private readonly byte[] _probabilities;

    /// <summary>Makes the map.</summary>
    /// <param name="plan">Says how large a tile is, what is written and how.</param>
    /// <param name="folder">Takes the files.</param>
    public WrittenTile(RunPreparation plan, string folder)
    {
        _plan = plan;
        _folder = folder;
        var outputs = plan.Settings.Outputs;
        var most = outputs.Probabilities ? MostPixelsOfProbabilities : MostPixels;
        var largest = plan.Mosaic.Tiles.MaxBy(tile => tile.Rect.Area)!.Rect;
        _rect = largest with { Width = Math.Min(largest.Width, most), Height = Math.Min(largest.Height, most) };
        var pixels = checked((int)_rect.Area);
        var count = plan.Model.ClassCount;
        _classes = new byte[pixels];
        _confidence = new byte[outputs.Confidence || outputs.Probabilities ? pixels : 0];
        _probabilities = new byte[outputs.Probabilities ? pixels * count : 0];
        Directory.CreateDirectory(folder);
        for (var i = 0; i < pixels; i++)
        {
            var (y, x) = Math.DivRem(i, _rect.Width);
            _classes[i] = (byte)(Noise(PlotOf(x, y), PlotOf(y, x)) % (uint)count);
            if (_confidence.Length > 0)
                _confidence[i] = (byte)(160 + (Noise(x / 4, y / 4) % 90));
            if (_probabilities.Length > 0)
                _probabilities[(_classes[i] * pixels) + i] = _confidence[i];
        }
    }

    /// <summary>The tile's pixels.</summary>
    public long Pixels => _rect.Area;

    /// <summary>Writes it as a run does.</summary>
    public void Write()
    {
        using var writer = new TileWriter(new TileJob
        {
            Name = "tile",
            Output = _folder,
            Work = _folder,
            Rect = _rect,
            Grid = _plan.Mosaic.Grid,
            Classes = _plan.Model.Nomenclature,
            Outputs = _plan.Settings.Outputs,
            Metadata = _plan.TileMetadata,
        });
        var bands = _probabilities.Length / _classes.Length;
        var some = new byte[bands * RowsAtOnce * _rect.Width];
        for (var y = 0; y < _rect.Height; y += RowsAtOnce)
        {
            var rows = Math.Min(RowsAtOnce, _rect.Height - y);
            int from = y * _rect.Width, pixels = rows * _rect.Width;
            for (var band = 0; band < bands; band++)
                _probabilities.AsSpan((band * _classes.Length) + from, pixels).CopyTo(some.AsSpan(band * pixels));
            writer.WriteRows(rows, _classes.AsSpan(from, pixels), _confidence.Length > 0 ? _confidence.AsSpan(from, pixels) : default, some);
        }

        writer.Finish();
    }

    /// <summary>Makes the same COGs from memory.</summary>
    public void WriteRaw()
    {
        var outputs = _plan.Settings.Outputs;
        if (outputs.Classes)
            WriteRaw(TileLayerKind.Classes, _classes);
        if (outputs.Confidence)
            WriteRaw(TileLayerKind.Confidence, _confidence);
        if (outputs.Probabilities)
            WriteRaw(TileLayerKind.Probabilities, _probabilities);
    }

    private unsafe void WriteRaw(TileLayerKind kind, byte[] values)
    {
        fixed (byte* memory = values)
        {
            using var raster = Raster.Wrap(memory, _rect.Width, _rect.Height, values.Length / _classes.Length, GdalType.Byte, 1, _rect.Width, _rect.Area);
            raster.SetGeoTransform(_plan.Mosaic.Grid.GeoTransform(_rect));
            raster.CreateCopy("COG", Path.Combine(_folder, $"raw-{kind}.tif"), TileLayer.CogOptions(kind, TileWriter.Compression)).Close();
        }
    }

    private static int PlotOf(int along, int across) => (along + (int)(Noise(across / 16, along / 64) % 9)) / 60;

    /// <summary>Any number, the same for the same place.</summary>
    private static uint Noise(int x, int y)
    {
        var value = ((uint)x * 0x9E3779B1u) ^ ((uint)y * 0x85EBCA77u);
        value ^= value >> 15;
        value *= 0x2C1B3C6Du;
        return value ^ (value >> 13);
    }
}
