using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>
/// What <c>torch.save</c> writes since PyTorch 1.6: a ZIP archive with <c>NAME/data.pkl</c>, the storages as <c>NAME/data/KEY</c>,
/// and perhaps <c>NAME/byteorder</c>.
/// </summary>
internal sealed class ZipCheckpoint : StorageSource
{
    private readonly ZipArchive _archive;
    private readonly AllocationBudget _budget;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);
    private readonly string _prefix;

    public ZipCheckpoint(Stream file, AllocationBudget budget)
    {
        _budget = budget;
        _archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        foreach (var entry in _archive.Entries)
        {
            // Which of two a reader takes is a matter of chance, so neither is trusted.
            if (!_entries.TryAdd(entry.FullName, entry))
                throw new InvalidDataException($"it holds two entries named {entry.FullName}");
        }

        var pickle = _entries.Keys.Where(name => name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal))
            .MinBy(name => name.Count(letter => letter == '/'))
            ?? throw new FlairException("it is a ZIP archive but none that torch.save wrote (data.pkl is missing); give the .pth file itself");
        _prefix = pickle[..^"data.pkl".Length];
        if (_entries.ContainsKey(_prefix + "constants.pkl"))
            throw new FlairException("it is a TorchScript program, not a state dict; where it was made, torch.save(model.state_dict(), …)");
        if (_entries.TryGetValue(_prefix + "byteorder", out var order)
            && Encoding.ASCII.GetString(ReadEntry(order)).Trim() is var name && name != "little")
        {
            throw new FlairException("it was written on a big-endian machine and is not read; load it with PyTorch and torch.save it on a little-endian one");
        }

        if (_entries[pickle].Length > PickleInput.MaximumLength)
            throw new FlairException("its data.pkl has more than 64 MiB, so it is no ordinary checkpoint and is not read; save model.state_dict() alone");
        Root = PickleMachine.Read(new MemoryStream(ReadEntry(_entries[pickle])));
    }

    /// <summary>The pickled object.</summary>
    public object? Root { get; }

    /// <summary>Reads every entry and compares its checksum, in little memory.</summary>
    /// <exception cref="InvalidDataException">One is not as it was written.</exception>
    public void VerifyChecksums()
    {
        var buffer = new byte[1 << 18];
        foreach (var entry in _archive.Entries)
        {
            using var stream = entry.Open();
            var crc = new Crc32();
            for (int read; (read = stream.Read(buffer)) > 0;)
                crc.Append(buffer.AsSpan(0, read));
            if (crc.GetCurrentHashAsUInt32() != entry.Crc32)
                throw new InvalidDataException($"the checksum of {entry.FullName} is wrong");
        }
    }

    public override void Dispose() => _archive.Dispose();

    protected override ReadOnlyMemory<byte> Load(string key) =>
        _entries.TryGetValue($"{_prefix}data/{key}", out var entry)
            ? ReadEntry(entry)
            : throw new InvalidDataException($"storage {key} is missing");

    private byte[] ReadEntry(ZipArchiveEntry entry)
    {
        var bytes = _budget.Allocate(entry.Length, entry.FullName);
        using (var stream = entry.Open())
            stream.ReadExactly(bytes);
        return Crc32.HashToUInt32(bytes) == entry.Crc32 ? bytes : throw new InvalidDataException($"the checksum of {entry.FullName} is wrong");
    }
}
