using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Flair.OneDnn.Tests;

/// <summary>Numbers as maps hold them, written without the code under test.</summary>
internal static class Maps
{
    private const int GuardBytes = 64;
    private const byte Guard = 0xa5;

    /// <summary>The elements in memory; each number is rounded to the nearest of the type, of two to the even one, and saturated.</summary>
    public static byte[] Encode(MapType type, IReadOnlyList<double> values)
    {
        var bytes = new byte[values.Count * type.Bytes()];
        for (var i = 0; i < values.Count; i++)
        {
            var at = bytes.AsSpan(i * type.Bytes());
            switch (type)
            {
                case MapType.Float32:
                    BinaryPrimitives.WriteSingleLittleEndian(at, (float)values[i]);
                    break;
                case MapType.BFloat16:
                    BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)(BitConverter.SingleToUInt32Bits((float)Rounded(values[i], 8)) >> 16));
                    break;
                default:
                    at[0] = unchecked((byte)(int)Saturated(type, Math.Round(values[i], MidpointRounding.ToEven)));
                    break;
            }
        }

        return bytes;
    }

    /// <summary>What the elements are worth.</summary>
    public static double[] Decode(MapType type, ReadOnlySpan<byte> bytes)
    {
        var values = new double[bytes.Length / type.Bytes()];
        for (var i = 0; i < values.Length; i++)
        {
            var at = bytes[(i * type.Bytes())..];
            values[i] = type switch
            {
                MapType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(at),
                MapType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
                MapType.UInt8 => at[0],
                _ => (sbyte)at[0],
            };
        }

        return values;
    }

    public static double Saturated(MapType type, double value) => type == MapType.UInt8 ? Math.Clamp(value, 0, 255) : Math.Clamp(value, -128, 127);

    /// <summary>The nearest number of so many significant bits, of two equally near the even one.</summary>
    public static double Rounded(double value, int bits)
    {
        if (value == 0 || double.IsInfinity(value))
            return value;
        var unit = Math.ScaleB(1, Math.ILogB(value) - bits + 1);
        return Math.Round(value / unit, MidpointRounding.ToEven) * unit;
    }

    /// <summary>Random numbers that the type holds exactly: whole ones over the range of bytes, others in [−1, 1).</summary>
    public static double[] Random(MapType type, int count, int seed)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = type switch
            {
                MapType.UInt8 => random.Next(256),
                MapType.Int8 => random.Next(-128, 128),
                _ => Rounded((2 * random.NextDouble()) - 1, type == MapType.BFloat16 ? 8 : 24),
            };
        }

        return values;
    }

    /// <summary>Runs an operation.</summary>
    /// <param name="operation">It.</param>
    /// <param name="input">Its input.</param>
    /// <param name="output">What its output's memory holds before.</param>
    /// <param name="added">The map that is added; null: none is.</param>
    /// <returns>What it holds afterwards.</returns>
    public static byte[] Run(Operation operation, byte[] input, byte[] output, byte[]? added = null) => Run(operation, [input], [output], added)[0];

    /// <summary>Runs an operation on several images at once, as the other method on one.</summary>
    public static unsafe byte[][] Run(Operation operation, byte[][] inputs, byte[][] outputs, byte[]? added = null)
    {
        byte[][] guarded = [.. outputs.Take(inputs.Length).Select(output => (byte[])[.. output, .. Enumerable.Repeat(Guard, GuardBytes)])];
        var pins = inputs.Concat(guarded).Select(map => GCHandle.Alloc(map, GCHandleType.Pinned)).ToArray();
        var scratchpad = new byte[operation.ScratchpadBytes + 1];
        try
        {
            fixed (byte* other = added, beside = scratchpad)
            {
                var addedMap = (nint)other;
                operation.Run([.. inputs.Select((_, i) => new OperationMaps(pins[i].AddrOfPinnedObject(), addedMap, pins[inputs.Length + i].AddrOfPinnedObject()))], beside);
            }
        }
        finally
        {
            foreach (var pin in pins)
                pin.Free();
        }

        return [.. guarded.Select(Unguarded)];
    }

    /// <summary>Memory of so many bytes, and some behind that nobody may write to.</summary>
    public static byte[] Guarded(int bytes) => [.. new byte[bytes], .. Enumerable.Repeat(Guard, GuardBytes)];

    /// <summary>The memory before the guard, which must be there still.</summary>
    public static byte[] Unguarded(byte[] guarded)
    {
        Assert.All(guarded[^GuardBytes..], value => Assert.Equal(Guard, value));
        return guarded[..^GuardBytes];
    }
}
