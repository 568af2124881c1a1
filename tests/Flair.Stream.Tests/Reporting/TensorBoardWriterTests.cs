using System.Buffers.Binary;
using Flair.Reporting;
using Flair.Settings;
using Flair.Training;
using Google.Protobuf;

namespace Flair.Tests.Reporting;

public sealed class TensorBoardWriterTests
{
    private readonly TrainingSettings _settings = new()
    {
        Output = Directory.CreateTempSubdirectory().FullName,
        Name = "model",
        Architecture = "resnet18_unet",
        Channels = [1],
        Classes = [new(1, 1, "building"), new(2, 0, "other"), new(3, 0.5, "bare soil")],
    };

    // RFC 3720, appendix B.4, and the check value of the Castagnoli polynomial.
    [Fact]
    public void Checksums_are_CRC_32C()
    {
        Assert.Equal(0xe3069283u, EventRecord.Crc("123456789"u8));
        Assert.Equal(0x8a9136aau, EventRecord.Crc(new byte[32]));
        Assert.Equal(0x62a8ab43u, EventRecord.Crc([.. Enumerable.Repeat((byte)0xff, 32)]));
        Assert.Equal(0x46dd794eu, EventRecord.Crc([.. Enumerable.Range(0, 32).Select(value => (byte)value)]));
    }

    // Computed with a bitwise CRC-32C in Python, as are the bytes of the next test.
    [Fact]
    public void Checksums_are_masked()
    {
        Assert.Equal(0xa282ead8u, EventRecord.MaskedCrc([]));
        Assert.Equal(0xfebe8a61u, EventRecord.MaskedCrc("foo"u8));
        Assert.Equal(0xc78ab0e5u, EventRecord.MaskedCrc("123456789"u8));
    }

    [Fact]
    public void The_first_record_is_the_one_of_every_event_file() =>
        Assert.Equal(
            "1800000000000000A37F4B220900000000000000001A0D627261696E2E4576656E743A32EEDF28A3",
            Convert.ToHexString(EventRecord.Frame(EventRecord.Version(0))));

    [Fact]
    public void An_epoch_is_written_as_FLAIR_1_logs_it()
    {
        string path;
        using (var writer = TensorBoardWriter.Open(_settings, resumed: false, new Clock()))
        {
            path = writer.Path;
            writer.Write(new EpochRecord(3, 40, 0.02, 0.5, null, 0.25, 0.75, [0.125, 0.5, 1], 9), _settings.Classes);
        }

        Assert.Equal(Path.Combine(_settings.Output, "tensorboard_logs_model", "version_0"), Path.GetDirectoryName(path));
        Assert.StartsWith("events.out.tfevents.1700000000.", Path.GetFileName(path), StringComparison.Ordinal);
        var events = Read(path);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal(
            [("lr", 0.02f), ("val_loss", 0.25f), ("val_miou", 0.75f), ("val_iou_building", 0.125f), ("val_iou_bare soil", 1), ("epoch", 3), ("train_loss", 0.5f)],
            events.Skip(1).Select(entry => (entry.Tag!, entry.Number)));
        Assert.All(events.Skip(1), entry => Assert.Equal(39, entry.Step));
        Assert.All(events, entry => Assert.Equal(1700000000.5, entry.WallTime));
    }

    [Fact]
    public void A_new_training_is_a_new_version_and_a_resumed_one_a_new_file()
    {
        string[] paths = [.. new[] { false, false, true, true, false }.Select(resumed =>
        {
            using var writer = TensorBoardWriter.Open(_settings, resumed, new Clock());
            return writer.Path;
        })];

        Assert.Equal(["version_0", "version_1", "version_1", "version_1", "version_2"], paths.Select(path => Path.GetFileName(Path.GetDirectoryName(path))));
        Assert.Equal([".0", ".0", ".1", ".2", ".0"], paths.Select(Path.GetExtension));
        Assert.All(paths, path => Assert.Single(Read(path)));
    }

    [Fact]
    public void Epochs_are_readable_before_the_training_ends()
    {
        using var writer = TensorBoardWriter.Open(_settings, resumed: false);
        writer.Write(new EpochRecord(0, 5, 0.02, 0.5, 0.1, 0.25, 0.75, [0.125, 0.5, 1], 9), _settings.Classes);

        Assert.Contains(Read(writer.Path), entry => entry.Tag == "train_miou");
    }

    private static List<(double WallTime, long Step, string? Version, string? Tag, float Number)> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var events = new List<(double, long, string?, string?, float)>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(EventRecord.MaskedCrc(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var message = bytes.AsSpan(at + 12, length);
            Assert.Equal(EventRecord.MaskedCrc(message), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            events.Add(ReadEvent(message.ToArray()));
            at += 16 + length;
        }

        return events;
    }

    private static (double WallTime, long Step, string? Version, string? Tag, float Number) ReadEvent(byte[] message)
    {
        (double WallTime, long Step, string? Version, string? Tag, float Number) read = default;
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1: read.WallTime = input.ReadDouble(); break;
                case 2: read.Step = input.ReadInt64(); break;
                case 3: read.Version = input.ReadString(); break;
                case 5:
                    var summary = new CodedInputStream(input.ReadBytes().ToByteArray());
                    Assert.Equal(1, WireFormat.GetTagFieldNumber(summary.ReadTag()));
                    var value = new CodedInputStream(summary.ReadBytes().ToByteArray());
                    Assert.Equal(1, WireFormat.GetTagFieldNumber(value.ReadTag()));
                    read.Tag = value.ReadString();
                    Assert.Equal(2, WireFormat.GetTagFieldNumber(value.ReadTag()));
                    read.Number = value.ReadFloat();
                    Assert.True(value.IsAtEnd && summary.IsAtEnd);
                    break;
                default: throw new InvalidDataException($"field {tag >> 3}");
            }
        }

        return read;
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(1700000000.5);
    }
}
