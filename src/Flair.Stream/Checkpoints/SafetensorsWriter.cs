using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Flair.Checkpoints;

/// <summary>Writes safetensors (https://github.com/huggingface/safetensors#format), which PyTorch, HuggingFace and this program read.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes all tensors, named in the header in the order of <paramref name="state"/>. The bytes depend on the arguments alone. The file
    /// bears its name only once it is complete, on disk and its header has been read back.
    /// </summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="state">The tensors.</param>
    /// <param name="metadata">Texts for the header, written in ordinal order of their keys; <c>format: pt</c> is what PyTorch's tools expect.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static void Write(string path, StateDict state, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(state);
        TensorFile.Write(path, file =>
        {
            // The widest elements first, so that each tensor is aligned to its elements; the header tells the order of the state dict.
            KeyValuePair<string, StoredTensor>[] byWidth = [.. state.OrderByDescending(entry => entry.Value.Type.Size())];
            file.Write(Header(state, byWidth, metadata));
            foreach (var (_, tensor) in byWidth)
                file.Write(tensor.Data.Span);
        }, file => SafetensorsReader.ReadHeader(file));
    }

    private static byte[] Header(StateDict state, KeyValuePair<string, StoredTensor>[] byWidth, IReadOnlyDictionary<string, string>? metadata)
    {
        var starts = new Dictionary<string, long>(StringComparer.Ordinal);
        var position = 0L;
        foreach (var (name, tensor) in byWidth)
        {
            starts.Add(name, position);
            position += tensor.Data.Length;
        }

        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            foreach (var (name, tensor) in state)
                WritePlace(json, name, tensor, starts[name]);
            json.WriteEndObject();
        }

        // Spaces, so that the data begins at a multiple of 8.
        buffer.Write("        "u8[..((8 - (buffer.WrittenCount % 8)) % 8)]);
        var header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static void WritePlace(Utf8JsonWriter json, string name, StoredTensor tensor, long start)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type));
        json.WriteStartArray("shape");
        foreach (var side in tensor.Shape)
            json.WriteNumberValue(side);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(start);
        json.WriteNumberValue(start + tensor.Data.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
