using System.Text.Json;
using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

public sealed class SafetensorsWriterTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Theory]
    [InlineData("tensors.pth", "tensors.json")]
    [InlineData("views.pth", "views.json")]
    public void All_types_and_the_order_survive(string file, string values)
    {
        var path = Path.Combine(_folder, "w.safetensors");

        SafetensorsWriter.Write(path, CheckpointReader.Read(CheckpointFixtures.PathOf(file)), new Dictionary<string, string> { ["format"] = "pt" });

        CheckpointFixtures.AssertEqual(values, CheckpointReader.Read(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
        AssertAligned(File.ReadAllBytes(path));
    }

    [Fact]
    public void Bytes_depend_on_the_content_alone()
    {
        var state = CheckpointReader.Read(CheckpointFixtures.PathOf("tensors.pth"));
        var (first, second) = (Path.Combine(_folder, "1"), Path.Combine(_folder, "2"));

        SafetensorsWriter.Write(first, state, new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" });
        SafetensorsWriter.Write(second, state, new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void Place_that_cannot_be_written_is_one_line()
    {
        var path = Path.Combine(_folder, "absent", "w.safetensors");

        var error = Assert.Throws<FlairException>(() => SafetensorsWriter.Write(path, []));

        Assert.StartsWith(path + ": cannot be written", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "names a twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "tensor b begins at byte 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "tensor a begins at byte 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "take 4 bytes and 3 are there")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "does not fit its shape [2]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "impossible shape")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1, "type F8_E4M3, which is not read")]
    [InlineData("""{"a":[1]}""", 0, "not the JSON")]
    [InlineData("""{"a":""", 0, "not the JSON")]
    public void Header_that_lies_is_refused(string header, int dataBytes, string expected)
    {
        var path = Path.Combine(_folder, "w.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), .. new byte[dataBytes]]);

        Assert.Contains(expected, Assert.Throws<FlairException>(() => CheckpointReader.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_whose_length_looks_like_a_pickle_is_read()
    {
        var path = Path.Combine(_folder, "w");
        var header = """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""".PadRight(0x0280);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), 7]);

        Assert.Equal([7], CheckpointReader.Read(path)["a"].Data.ToArray());
    }

    private static void AssertAligned(byte[] file)
    {
        var length = BitConverter.ToInt32(file);
        using var header = JsonDocument.Parse(file.AsMemory(8, length));
        Assert.Equal("pt", header.RootElement.GetProperty("__metadata__").GetProperty("format").GetString());
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var width = entry.Value.GetProperty("dtype").GetString() switch { "F64" or "I64" => 8, "F32" or "I32" => 4, "F16" or "BF16" or "I16" => 2, _ => 1 };
            Assert.Equal(0, (8 + length + entry.Value.GetProperty("data_offsets")[0].GetInt32()) % width);
        }
    }
}
