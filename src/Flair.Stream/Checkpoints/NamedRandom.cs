using System.Runtime.InteropServices;
using System.Text;

namespace Flair.Checkpoints;

/// <summary>
/// Random numbers that are a function of a name and an index, so that they depend neither on the order in which they are asked for nor on
/// the machine: SplitMix64 (Steele, Lea, Flood 2014) started at the 64-bit FNV-1a hash of the name in UTF-8.
/// </summary>
internal static class NamedRandom
{
    private const ulong FnvOffset = 0xcbf29ce484222325;
    private const ulong FnvPrime = 0x100000001b3;
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const int ChunkLength = 1 << 18;

    /// <summary>The state that a name's numbers start from.</summary>
    public static ulong Start(string name)
    {
        var hash = FnvOffset;
        foreach (var value in Encoding.UTF8.GetBytes(name))
            hash = unchecked((hash ^ value) * FnvPrime);
        return hash;
    }

    /// <summary>64 random bits: number <paramref name="index"/>, from 0, of those that begin at <paramref name="start"/>.</summary>
    public static ulong Bits(ulong start, ulong index)
    {
        unchecked
        {
            var z = start + ((index + 1) * Golden);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>Number <paramref name="index"/> of those that begin at <paramref name="start"/>, uniform in [0, 1), in steps of 2⁻²⁴.</summary>
    public static double Unit(ulong start, ulong index) => (Bits(start, index) >> 40) / (double)(1 << 24);

    /// <summary>Sets each value to a function of its index, on all cores.</summary>
    public static void Fill(float[] values, Func<ulong, double> value) =>
        ForEachChunk(values.Length, (start, end) => Fill(values.AsSpan(start, end - start), start, value));

    /// <summary>The same for the little-endian bytes of the values.</summary>
    public static void Fill(byte[] bytes, Func<ulong, double> value) =>
        ForEachChunk(
            bytes.Length / sizeof(float),
            (start, end) => Fill(MemoryMarshal.Cast<byte, float>(bytes.AsSpan())[start..end], start, value));

    private static void Fill(Span<float> values, int start, Func<ulong, double> value)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)value((ulong)(start + i));
    }

    private static void ForEachChunk(int length, Action<int, int> fill)
    {
        if (length <= ChunkLength)
        {
            fill(0, length);
            return;
        }

        var chunks = (int)(((long)length + ChunkLength - 1) / ChunkLength);
        Parallel.For(0, chunks, chunk =>
        {
            var start = chunk * ChunkLength;
            fill(start, (int)Math.Min(length, (long)start + ChunkLength));
        });
    }
}
