using System.Runtime.InteropServices;
using Flair.Batching;
using Flair.Gdal;
using Flair.Settings;
using Flair.Source;

namespace Flair.Patches;

/// <summary>The raw values of one patch.</summary>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="Samples">Type of the values.</param>
/// <param name="Maximum">Largest value of the file's data type, for the normalization by range; see <see cref="Normalizer.MaximumOf"/>.</param>
/// <param name="Values">[channel][row][column]: bytes, or single-precision numbers in native byte order.</param>
public sealed record PatchImage(int Width, int Height, SampleType Samples, double Maximum, byte[] Values);

/// <summary>Reads the files of a patch. Every thread may call it at any time.</summary>
public static class PatchReader
{
    private const int UsualThreads = 4;

    /// <summary>How many threads read: <see cref="TrainingSettings.Workers"/>, else 4, but no more than there are cores, as each holds a patch or a batch.</summary>
    public static int Threads(TrainingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Math.Min(settings.Workers > 0 ? settings.Workers : UsualThreads, Environment.ProcessorCount);
    }

    /// <summary>Reads the image.</summary>
    /// <param name="path">A raster that GDAL opens.</param>
    /// <param name="channels">Bands, from 1, in the order wanted.</param>
    /// <exception cref="FlairException">It cannot be read, or lacks a band.</exception>
    public static PatchImage ReadImage(string path, IReadOnlyList<int> channels)
    {
        ArgumentNullException.ThrowIfNull(channels);
        return Guard(path, raster =>
        {
            if (channels.Max() > raster.BandCount)
                throw new FlairException($"{path}: channel {channels.Max()} is asked for and the image has {raster.BandCount} bands; correct channels");
            var bytes = channels.All(channel => raster.Type(channel) == GdalType.Byte);
            var values = new byte[Room(path, (long)channels.Count * raster.Width * raster.Height * (bytes ? sizeof(byte) : sizeof(float)))];
            int[] bands = [.. channels];
            if (bytes)
                raster.Read<byte>(0, 0, raster.Width, raster.Height, bands, values);
            else
                raster.Read<float>(0, 0, raster.Width, raster.Height, bands, MemoryMarshal.Cast<byte, float>(values.AsSpan()));
            return new PatchImage(raster.Width, raster.Height, bytes ? SampleType.UInt8 : SampleType.Float32, Normalizer.MaximumOf(raster.Type(channels[0])), values);
        });
    }

    /// <summary>Reads the first band of the labels, row by row.</summary>
    /// <param name="path">An 8-bit raster that GDAL opens.</param>
    /// <exception cref="FlairException">It cannot be read.</exception>
    public static (int Width, int Height, byte[] Values) ReadMask(string path) => Guard(path, raster =>
    {
        var values = new byte[Room(path, (long)raster.Width * raster.Height)];
        if (raster.Type(1) != GdalType.Byte)
            throw new FlairException($"{path}: a mask has 8-bit values, not {raster.Type(1)}; convert it");
        raster.Read<byte>(0, 0, raster.Width, raster.Height, [1], values);
        return (raster.Width, raster.Height, values);
    });

    /// <summary>How many bytes an array of a patch's values is to have: <paramref name="bytes"/>, if an array can have so many.</summary>
    /// <exception cref="FlairException">It cannot.</exception>
    internal static long Room(string path, long bytes) => bytes <= Array.MaxLength ? bytes
        : throw new FlairException($"{path}: takes {bytes} bytes, and a patch has at most {Array.MaxLength}; cut it into smaller ones");

    private static T Guard<T>(string path, Func<Raster, T> read)
    {
        try
        {
            using var raster = Raster.Open(path);
            return read(raster);
        }
        catch (GdalException e)
        {
            throw new FlairException($"{path}: the patch cannot be read ({e.Message}); copy it again, or take it out of the list", e);
        }
    }
}
