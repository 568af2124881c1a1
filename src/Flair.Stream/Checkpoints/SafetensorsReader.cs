using System.Buffers.Binary;
using System.Text.Json;

namespace Flair.Checkpoints;

/// <summary>
/// Reads safetensors (https://github.com/huggingface/safetensors#format): the header's length as uint64, a JSON header, then the
/// tensors' bytes, which must cover the rest of the file without hole or overlap.
/// </summary>
internal static class SafetensorsReader
{
    /// <summary>The format allows 100 MB; read as JSON, that takes more than a gigabyte, and the headers of the largest models have some megabytes.</summary>
    public const int MaximumHeader = 16 << 20;

    private const int MaximumDimensions = 64;

    /// <summary>All tensors in the order of the header, and its metadata.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="FlairException">It holds a type that is not read.</exception>
    public static (StateDict State, IReadOnlyDictionary<string, string> Metadata) Read(FileStream file)
    {
        var (places, metadata, dataStart) = ReadHeader(file);
        var state = new StateDict();
        foreach (var (name, type, shape, start, end) in places)
        {
            if (end - start > Array.MaxLength)
                throw new FlairException($"tensor {name} takes {end - start:N0} bytes; no tensor above 2 GiB can be read");
            var bytes = GC.AllocateUninitializedArray<byte>((int)(end - start));
            file.Position = dataStart + start;
            file.ReadExactly(bytes);
            state.Add(name, new StoredTensor(type, shape, bytes));
        }

        return (state, metadata);
    }

    /// <summary>Checks the header against the file's length.</summary>
    /// <inheritdoc cref="Read"/>
    public static (IReadOnlyList<Place> Places, IReadOnlyDictionary<string, string> Metadata, long DataStart) ReadHeader(FileStream file)
    {
        var number = new byte[sizeof(ulong)];
        file.Position = 0;
        file.ReadExactly(number);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(number);
        if (length > (ulong)(file.Length - sizeof(ulong)))
            throw new InvalidDataException($"its safetensors header claims {length} bytes and the file has {file.Length}");
        if (length > MaximumHeader)
            throw new InvalidDataException($"its safetensors header claims {length} bytes; those of the largest models have some megabytes");
        var header = new byte[(int)length];
        file.ReadExactly(header);
        var dataStart = file.Position;
        try
        {
            using var json = JsonDocument.Parse(header);
            var (places, metadata) = Parse(json.RootElement);
            CheckCover(places, file.Length - dataStart);
            return (places, metadata, dataStart);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidDataException("its safetensors header is not the JSON that the format prescribes", error);
        }
    }

    private static (List<Place> Places, Dictionary<string, string> Metadata) Parse(JsonElement root)
    {
        var places = new List<Place>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in root.EnumerateObject())
        {
            if (!names.Add(entry.Name))
                throw new InvalidDataException($"its safetensors header names {entry.Name} twice");
            if (entry.Name == "__metadata__")
            {
                foreach (var item in entry.Value.EnumerateObject())
                    metadata[item.Name] = item.Value.GetString() ?? string.Empty;
            }
            else
            {
                places.Add(ParsePlace(entry.Name, entry.Value));
            }
        }

        return (places, metadata);
    }

    private static Place ParsePlace(string name, JsonElement value)
    {
        var typeName = value.GetProperty("dtype").GetString();
        if (!SafetensorsTypes.TryParse(typeName, out var type))
            throw new FlairException($"tensor {name} has the type {typeName}, which is not read; convert it to F32");
        long[] shape = [.. value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
        if (shape.Length > MaximumDimensions)
            throw new InvalidDataException($"tensor {name} has {shape.Length} dimensions");
        long[] offsets = [.. value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        var bytes = (Int128)type.Size();
        foreach (var side in shape)
        {
            bytes *= side;
            if (side < 0 || bytes > long.MaxValue)
                throw new InvalidDataException($"tensor {name} has an impossible shape");
        }

        if (offsets is not [var start, var end] || start < 0 || end < start || end - start != bytes)
            throw new InvalidDataException($"the place of tensor {name} does not fit its shape [{string.Join(", ", shape)}]");
        return new(name, type, shape, start, end);
    }

    private static void CheckCover(IEnumerable<Place> places, long length)
    {
        var position = 0L;
        foreach (var place in places.OrderBy(place => place.Start).ThenBy(place => place.End))
        {
            if (place.Start != position)
                throw new InvalidDataException($"tensor {place.Name} begins at byte {place.Start} of the data instead of {position}");
            position = place.End;
        }

        if (position != length)
            throw new InvalidDataException($"its tensors take {position} bytes and {length} are there");
    }

    /// <summary>Where a tensor lies, in bytes from the start of the data.</summary>
    internal readonly record struct Place(string Name, ScalarType Type, long[] Shape, long Start, long End);
}
