using System.Text.Json;
using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

/// <summary>The files in Data/checkpoints and what they hold.</summary>
internal static class CheckpointFixtures
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Data", "checkpoints");

    public static string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Compares with a JSON of {name: {dtype, shape, values}}; PyTorch wrote each value as a double, which holds all types but the largest int64.</summary>
    public static void AssertEqual(string json, StateDict state)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(PathOf(json)));
        Assert.Equal(expected.RootElement.EnumerateObject().Select(entry => entry.Name), state.Select(entry => entry.Key));
        foreach (var entry in expected.RootElement.EnumerateObject())
        {
            var tensor = state[entry.Name];
            Assert.Equal(entry.Value.GetProperty("dtype").GetString(), tensor.Type.TorchName());
            Assert.Equal(entry.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()), tensor.Shape);
            Assert.Equal(entry.Value.GetProperty("values").EnumerateArray().Select(value => value.GetDouble()), Values(tensor));
        }
    }

    public static double[] Values(StoredTensor tensor)
    {
        var size = tensor.Type.Size();
        return [.. Enumerable.Range(0, tensor.Data.Length / size).Select(i => TensorValues.Number(tensor.Type, tensor.Data.Span[(i * size)..]))];
    }
}
