using System.Globalization;
using System.Text.Json;
using Flair.Settings;

namespace Flair.Comparing;

/// <summary>A finished row beside its model, so that running a comparison again measures nothing twice and tells the same times.</summary>
/// <param name="Key">Everything that the row depends on, see <see cref="KeyOf"/>.</param>
/// <param name="Row">The row.</param>
internal sealed record ComparisonRecord(string Key, ComparedModel Row)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <summary>What a model's row depends on: what decides its weights, the patches it is measured on (by their list) and the classes.</summary>
    /// <exception cref="FlairException">A list or the weights cannot be read.</exception>
    public static string KeyOf(TrainingSettings settings)
    {
        IEnumerable<string> parts =
        [
            "comparison 1",
            TrainingFingerprint.Of(settings).Hash,
            settings.Tasks.Train ? settings.Epochs.ToString(CultureInfo.InvariantCulture) : Sha256.OfInput(settings.Checkpoint!),
            Sha256.OfInput(settings.TestCsv!),
            .. settings.Classes.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Value} {entry.Weight:R} {entry.Name}")),
        ];
        return Sha256.OfText(string.Join('\n', parts));
    }

    /// <summary>The row that lies in a model's directory; null where there is none for that key.</summary>
    public static ComparedModel? Find(string directory, string key)
    {
        try
        {
            var record = JsonSerializer.Deserialize<ComparisonRecord>(BoundedFile.ReadAllBytes(PathIn(directory)), s_json);
            return record is { Row.Done: true } && record.Key == key ? record.Row : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // It is measured again.
            return null;
        }
    }

    /// <summary>Writes it into the model's directory.</summary>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public void Save(string directory) => OutputGuard.Run(
        $"{directory}: the result cannot be written", () => DurableFile.WriteAllBytes(PathIn(directory), JsonSerializer.SerializeToUtf8Bytes(this, s_json)));

    private static string PathIn(string directory) => Path.Combine(directory, "comparison.json");
}
