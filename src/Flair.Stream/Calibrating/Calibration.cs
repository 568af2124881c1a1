using System.Text.Json;
using System.Text.Json.Serialization;
using Flair.Checkpoints;
using Flair.Models.Graphs;
using Flair.Storage;

namespace Flair.Calibrating;

/// <summary>
/// What int8 needs to know of a model beside its weights: how large its activations become. <c>flair calibrate</c> measures it on imagery and
/// leaves it beside the weights, as <c>WEIGHTS.int8.json</c>.
/// </summary>
public sealed record Calibration
{
    /// <summary>The least share of pixels that must keep their class for int8 to be taken without being asked for.</summary>
    public const double LeastAgreement = 0.995;

    private const int CurrentFormat = 1;
    private const int LargestFile = 16 << 20;

    /// <summary>Version of the file's form.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Fingerprint of the model (<see cref="Inference.LoadedModel.Fingerprint"/>).</summary>
    public required string Model { get; init; }

    /// <summary>Share of the pixels of <see cref="CheckedWindows"/> that get the same class as in single precision, 0 to 1.</summary>
    public required double Agreement { get; init; }

    /// <summary>Windows that the ranges are of.</summary>
    public required int Windows { get; init; }

    /// <summary>Windows, others than those, that the agreement is of.</summary>
    public required int CheckedWindows { get; init; }

    /// <summary>Whether the first convolution, the one that reads the window, is computed in bytes too. Files made before it could be do not say so.</summary>
    public bool First { get; init; }

    /// <summary>Convolutions that stay in floating point, because agreement wants it; the first is not listed.</summary>
    public required IReadOnlyList<string> Wide { get; init; }

    /// <summary>By convolution, a number a channel: the largest absolute value of its result.</summary>
    public required IReadOnlyDictionary<string, float[]> Largest { get; init; }

    /// <summary>Whether it is good enough to be taken without being asked for.</summary>
    [JsonIgnore]
    public bool IsGood => Agreement >= LeastAgreement;

    /// <summary>SHA-256 of all that decides a pixel.</summary>
    [JsonIgnore]
    public string Fingerprint => Sha256.OfText(
        $"scheme {QuantizationScheme.Version}{(First ? " with first" : "")}\nwide {string.Join(' ', Wide)}\n{string.Join('\n', Largest.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} {string.Join(' ', entry.Value.Select(value => value.ToString("R")))}"))}");

    /// <summary>Where the calibration of a weights file lies.</summary>
    public static string PathOf(string weights) => weights + ".int8.json";

    /// <summary>Reads the calibration beside a weights file; null where there is none.</summary>
    /// <param name="weights">The weights file, or <c>formula</c>.</param>
    /// <param name="model">Fingerprint of the model that was loaded from it.</param>
    /// <exception cref="FlairException">It cannot be read, or it is another model's.</exception>
    public static Calibration? Find(string weights, string model)
    {
        var path = RemoteWeights.LocalOrNull(PathOf(weights));
        if (path is null || !File.Exists(path))
            return null;
        try
        {
            var calibration = JsonSerializer.Deserialize(BoundedFile.ReadAllBytes(path, LargestFile), CalibrationJson.Default.Calibration)
                ?? throw new FlairException($"{path}: is empty; make it again with ./flair calibrate, or remove it");
            if (calibration.Format != CurrentFormat)
                throw new FlairException($"{path}: has format {calibration.Format}, this program reads {CurrentFormat}; make it again with ./flair calibrate, or remove it");
            if (calibration.Wide.Any(name => name is null) || calibration.Largest.Values.Any(ranges => ranges is null))
                throw new JsonException("it holds null");
            if (calibration.Model != model)
                throw new FlairException($"{path}: was made for other weights or classes than those of {weights}; make it again with ./flair calibrate, or remove it");
            return calibration;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: cannot be read as a calibration ({MessageText.OneLine(e.Message).TrimEnd('.')}); make it again with ./flair calibrate, or remove it", e);
        }
    }

    /// <summary>Writes it beside the weights.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public string Save(string weights)
    {
        var path = PathOf(weights);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(this, CalibrationJson.Default.Calibration);
        if (ObjectPath.IsRemoteText(path))
        {
            RemotePlaces.Guard(() =>
            {
                var (store, key) = ObjectStores.OpenObject(ObjectPath.Parse(path));
                store.Replace(key, ObjectContent.OfBytes(bytes));
                return true;
            });
            return path;
        }

        OutputGuard.Run($"{path}: the calibration cannot be written", () => DurableFile.WriteAllBytes(path, bytes));
        return path;
    }

    /// <summary>The steps for a network.</summary>
    /// <exception cref="FlairException">A convolution is missing, has another number of channels, or a range that is none.</exception>
    internal Fusion.Quantization QuantizationOf(NetworkGraph graph)
    {
        foreach (var node in graph.Convolutions)
        {
            if (!Largest.TryGetValue(node.Name, out var largest) || largest.Length != node.Channels || !largest.All(value => float.IsFinite(value) && value >= 0))
                throw new FlairException($"the calibration has no {node.Channels} ranges of '{node.Name}'; make it again with ./flair calibrate, or remove it");
        }

        return QuantizationScheme.Create(graph, Largest, QuantizationScheme.Candidates(graph).Except(Wide).ToHashSet(StringComparer.Ordinal)) with { First = First };
    }
}

/// <summary>The form of the file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Calibration))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
