using System.Buffers.Binary;
using System.IO.Compression;

namespace Flair.Tests.Fuzzing;

/// <summary>Damages what lies inside of a format and closes it with the lengths and checksums that it then has.</summary>
internal static class Containers
{
    private static readonly DateTimeOffset s_date = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>One entry of a ZIP archive, most often the pickle.</summary>
    public static byte[] Zip(byte[] original, Mutator mutator)
    {
        var entries = new List<(string Name, byte[] Bytes)>();
        using (var zip = new ZipArchive(new MemoryStream(original)))
        {
            foreach (var entry in zip.Entries)
            {
                using var stream = entry.Open();
                using var bytes = new MemoryStream();
                stream.CopyTo(bytes);
                entries.Add((entry.FullName, bytes.ToArray()));
            }
        }

        var at = entries.FindIndex(entry => entry.Name.EndsWith("data.pkl", StringComparison.Ordinal));
        if (at < 0 || mutator.Once(8))
            at = mutator.Pick([.. Enumerable.Range(0, entries.Count)]);
        var level = mutator.Once(4) ? CompressionLevel.Fastest : CompressionLevel.NoCompression;
        entries[at] = (entries[at].Name, mutator.Binary(entries[at].Bytes));
        using var result = new MemoryStream();
        using (var zip = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                var entry = zip.CreateEntry(name, level);
                entry.LastWriteTime = s_date;
                using var stream = entry.Open();
                stream.Write(bytes);
            }
        }

        return result.ToArray();
    }

    /// <summary>The JSON header of safetensors.</summary>
    public static byte[] Safetensors(byte[] original, Mutator mutator)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(original);
        var header = mutator.Text(original[8..(8 + length)]);
        var number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, header.Length);
        return [.. number, .. header, .. original.AsSpan(8 + length)];
    }

    /// <summary>The dict at the start of <c>.npy</c>, whose length has two bytes in version 1 and four in the others.</summary>
    public static byte[] Npy(byte[] original, Mutator mutator)
    {
        if (original.Length < 12 || original[0] != 0x93)
            return mutator.Binary(original);
        var start = original[6] == 1 ? 10 : 12;
        var length = original[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(original.AsSpan(8)) : BinaryPrimitives.ReadInt32LittleEndian(original.AsSpan(8));
        var header = mutator.Text(original[start..(start + length)]);
        var head = original[..start];
        if (start == 10)
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(8), (ushort)header.Length);
        else
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), header.Length);
        return [.. head, .. header, .. original.AsSpan(start + length)];
    }
}
