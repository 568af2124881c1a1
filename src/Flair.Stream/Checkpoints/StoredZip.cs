using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Flair.Checkpoints;

/// <summary>
/// Writes a ZIP archive (PKWARE's APPNOTE 6.3.3) of entries that are stored, not compressed, each of which begins at a multiple of
/// <see cref="Alignment"/> bytes, as <c>torch.save</c> lays them. There are no times in it.
/// </summary>
/// <param name="file">An empty file.</param>
internal sealed class StoredZip(Stream file)
{
    /// <summary>PyTorch maps tensors from the file, and its kernels take aligned ones.</summary>
    public const int Alignment = 64;

    private const int LocalHeaderSize = 30;
    private const int CentralHeaderSize = 46;
    private const ushort NameIsUtf8 = 1 << 11;

    // The extra field that PyTorch pads with.
    private const ushort PaddingId = 0x4246;
    private const int PaddingHeaderSize = 4;

    // 1980-01-01, the first day that the format has.
    private const uint NoTime = 0x0021_0000;

    private readonly List<(string Name, uint Crc, uint Size, uint Start)> _entries = [];

    /// <summary>Appends an entry.</summary>
    /// <exception cref="OverflowException">The archive would take more than 4 GiB, which needs Zip64.</exception>
    public void Add(string name, ReadOnlySpan<byte> content)
    {
        var entry = (Name: name, Crc: Crc32.HashToUInt32(content), Size: (uint)content.Length, Start: checked((uint)file.Position));
        var bareStart = file.Position + LocalHeaderSize + name.Length + PaddingHeaderSize;
        var padding = (int)((Alignment - (bareStart % Alignment)) % Alignment);

        var header = new byte[LocalHeaderSize + name.Length + PaddingHeaderSize + padding];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        WriteCommon(header.AsSpan(4), entry.Name, entry.Crc, entry.Size, PaddingHeaderSize + padding);
        Encoding.ASCII.GetBytes(name, header.AsSpan(LocalHeaderSize));
        var extra = header.AsSpan(LocalHeaderSize + name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(extra, PaddingId);
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)padding);
        extra[PaddingHeaderSize..].Fill((byte)'Z');

        file.Write(header);
        file.Write(content);
        _entries.Add(entry);
    }

    /// <summary>Writes the directory, after which the archive is complete.</summary>
    public void Finish()
    {
        var start = checked((uint)file.Position);
        foreach (var (name, crc, size, entryStart) in _entries)
        {
            var header = new byte[CentralHeaderSize + name.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014b50);
            WriteCommon(header.AsSpan(6), name, crc, size, extraLength: 0);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), entryStart);
            Encoding.ASCII.GetBytes(name, header.AsSpan(CentralHeaderSize));
            file.Write(header);
        }

        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), checked((ushort)_entries.Count));
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), checked((ushort)_entries.Count));
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), (uint)file.Position - start);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), start);
        file.Write(end);
    }

    /// <summary>The 26 bytes from "version needed" to the length of the extra field, which both headers have.</summary>
    private static void WriteCommon(Span<byte> target, string name, uint crc, uint size, int extraLength)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], NameIsUtf8);
        BinaryPrimitives.WriteUInt32LittleEndian(target[6..], NoTime);
        BinaryPrimitives.WriteUInt32LittleEndian(target[10..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(target[14..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(target[18..], size);
        BinaryPrimitives.WriteUInt16LittleEndian(target[22..], (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(target[24..], (ushort)extraLength);
    }
}
