using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace Flair.Reporting;

/// <summary>
/// The messages of a TensorBoard event file (<c>tensorflow/core/util/event.proto</c>, <c>framework/summary.proto</c>) and their framing as TFRecords:
/// length, masked CRC-32C of the length, message, masked CRC-32C of the message (https://www.tensorflow.org/tutorials/load_data/tfrecord).
/// </summary>
internal static class EventRecord
{
    // Field numbers of Event, Summary and Summary.Value.
    private const int WallTime = 1, Step = 2, FileVersion = 3, SummaryField = 5;
    private const int Value = 1;
    private const int Tag = 1, SimpleValue = 2;

    /// <summary>The first message of every file.</summary>
    public static byte[] Version(double wallTime) => Message(output =>
    {
        WriteWallTime(output, wallTime);
        output.WriteTag(FileVersion, WireFormat.WireType.LengthDelimited);
        output.WriteString("brain.Event:2");
    });

    /// <summary>One number at one step.</summary>
    public static byte[] Scalar(double wallTime, long step, string tag, float number)
    {
        var value = Message(output =>
        {
            output.WriteTag(Tag, WireFormat.WireType.LengthDelimited);
            output.WriteString(tag);
            output.WriteTag(SimpleValue, WireFormat.WireType.Fixed32);
            output.WriteFloat(number);
        });
        var summary = Message(output => WriteBytes(output, Value, value));
        return Message(output =>
        {
            WriteWallTime(output, wallTime);
            output.WriteTag(Step, WireFormat.WireType.Varint);
            output.WriteInt64(step);
            WriteBytes(output, SummaryField, summary);
        });
    }

    /// <summary>A message in its frame.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        var frame = new byte[sizeof(ulong) + sizeof(uint) + message.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(sizeof(ulong)), MaskedCrc(frame.AsSpan(0, sizeof(ulong))));
        message.CopyTo(frame.AsSpan(sizeof(ulong) + sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(frame.Length - sizeof(uint)), MaskedCrc(message));
        return frame;
    }

    /// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), rotated and shifted so that a checksum of checksums stays a good one.</summary>
    public static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        const uint offset = 0xa282ead8;
        var crc = Crc(bytes);
        return unchecked(BitOperations.RotateRight(crc, 15) + offset);
    }

    internal static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            write(output);
        return memory.ToArray();
    }

    private static void WriteWallTime(CodedOutputStream output, double wallTime)
    {
        output.WriteTag(WallTime, WireFormat.WireType.Fixed64);
        output.WriteDouble(wallTime);
    }

    private static void WriteBytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }
}
