using System.Numerics;
using System.Runtime.InteropServices;

namespace Flair.Source;

/// <summary>Rows of bytes that say something of each pixel, a register at a time.</summary>
internal static class Flags
{
    /// <summary>Leaves the values whose flag is not 0, makes the others 0.</summary>
    public static void Keep<T>(Span<T> values, ReadOnlySpan<byte> flags)
        where T : unmanaged, INumberBase<T>
    {
        int x = 0;
        if (typeof(T) == typeof(byte))
        {
            var bytes = MemoryMarshal.AsBytes(values);
            for (; x <= bytes.Length - Vector<byte>.Count; x += Vector<byte>.Count)
            {
                var gone = Vector.Equals(new Vector<byte>(flags[x..]), Vector<byte>.Zero);
                Vector.AndNot(new Vector<byte>(bytes[x..]), gone).CopyTo(bytes[x..]);
            }
        }

        for (; x < values.Length; x++)
            values[x] = flags[x] == 0 ? T.Zero : values[x];
    }

    /// <summary>Raises flags to others where those are greater.</summary>
    public static void Raise(Span<byte> flags, ReadOnlySpan<byte> others)
    {
        int x = 0;
        for (; x <= flags.Length - Vector<byte>.Count; x += Vector<byte>.Count)
            Vector.Max(new Vector<byte>(flags[x..]), new Vector<byte>(others[x..])).CopyTo(flags[x..]);
        for (; x < flags.Length; x++)
            flags[x] = Math.Max(flags[x], others[x]);
    }

    /// <summary>1 where a flag is from <paramref name="least"/> to <paramref name="most"/>, else 0.</summary>
    public static void Between(ReadOnlySpan<byte> flags, byte least, byte most, Span<byte> target)
    {
        int x = 0;
        var (from, span) = (new Vector<byte>(least), new Vector<byte>((byte)(most - least)));
        for (; x <= flags.Length - Vector<byte>.Count; x += Vector<byte>.Count)
        {
            var inside = Vector.LessThanOrEqual(new Vector<byte>(flags[x..]) - from, span);
            (inside & Vector<byte>.One).CopyTo(target[x..]);
        }

        for (; x < flags.Length; x++)
            target[x] = flags[x] >= least && flags[x] <= most ? (byte)1 : (byte)0;
    }
}
