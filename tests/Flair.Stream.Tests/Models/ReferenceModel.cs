using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Flair.Checkpoints;
using Flair.Models;
using Flair.Torch;

namespace Flair.Tests.Models;

/// <summary>A model that segmentation_models_pytorch 0.3.3 ran with formula weights: a row of Data/index.json and the files it names.</summary>
public sealed record ReferenceModel
{
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("arch")]
    public required string Decoder { get; init; }

    [JsonPropertyName("encoder")]
    public required string Encoder { get; init; }

    [JsonPropertyName("in_channels")]
    public required int Channels { get; init; }

    [JsonPropertyName("classes")]
    public required int Classes { get; init; }

    [JsonPropertyName("batch")]
    public required long Batch { get; init; }

    [JsonPropertyName("height")]
    public required long Height { get; init; }

    [JsonPropertyName("width")]
    public required long Width { get; init; }

    [JsonPropertyName("step")]
    public required int Step { get; init; }

    [JsonPropertyName("output_shape")]
    public required long[] OutputShape { get; init; }

    [JsonPropertyName("file")]
    public required string LogitsFile { get; init; }

    [JsonPropertyName("keys")]
    public required string KeysFile { get; init; }

    [JsonPropertyName("parameters")]
    public required long Parameters { get; init; }

    public static IReadOnlyList<ReferenceModel> All { get; } =
        JsonSerializer.Deserialize<ReferenceModel[]>(File.ReadAllText(PathOf("index.json")))!;

    public static ReferenceModel Find(string name) => All.Single(model => model.Name == name);

    /// <summary>Every <see cref="Step"/>-th of the reference's logits.</summary>
    public float[] Logits() => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(PathOf(LogitsFile))).ToArray();

    /// <summary>Names and shapes of the reference's state dict, in order.</summary>
    public IEnumerable<(string Name, long[] Shape)> Keys()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(PathOf(KeysFile)));
        foreach (var entry in document.RootElement.EnumerateArray())
            yield return (entry[0].GetString()!, entry[1].EnumerateArray().Select(side => side.GetInt64()).ToArray());
    }

    public IArchitecture Architecture => ArchitectureRegistry.Parse($"{Encoder}_{Decoder}").Architecture;

    public INetwork CreateWithFormulaWeights() => FormulaNetwork(Architecture, Encoder, Channels, Classes);

    public Tensor FormulaInput() => Tensor.From<float>(FormulaWeights.Input(Batch * Channels * Height * Width), Batch, Channels, Height, Width);

    public static INetwork FormulaNetwork(IArchitecture architecture, string encoder, int channels, int classes, bool metadata = false) =>
        architecture.Create(
            encoder, channels, classes, FormulaWeights.Create(architecture.Describe(encoder, channels, classes, metadata).Select(spec => (spec.Name, spec.Shape))), metadata);

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Models", "Data", file);
}
