using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flair.Training;

/// <summary>A training's history beside its checkpoints: <c>history.json</c>, which is read back, and <c>history.csv</c> for a spreadsheet, an epoch a line.</summary>
public static class HistoryFile
{
    /// <summary>The file that <see cref="Read"/> takes.</summary>
    public const string JsonName = "history.json";

    /// <summary>The same as a table.</summary>
    public const string CsvName = "history.csv";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Writes both files; each bears its name only when it is complete.</summary>
    /// <exception cref="FlairException">They cannot be written.</exception>
    public static void Write(string directory, TrainingHistory history)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(history);
        OutputGuard.Run($"{directory}: the history cannot be written", () =>
        {
            Directory.CreateDirectory(directory);
            DurableFile.WriteAllBytes(Path.Combine(directory, JsonName), JsonSerializer.SerializeToUtf8Bytes(history, s_options));
            DurableFile.WriteAllBytes(Path.Combine(directory, CsvName), Encoding.UTF8.GetBytes(Csv(history)));
        });
    }

    /// <summary>Reads <see cref="JsonName"/>.</summary>
    /// <returns>The history; null where the directory has none.</returns>
    /// <exception cref="FlairException">It cannot be read or is damaged.</exception>
    public static TrainingHistory? Read(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var path = Path.Combine(directory, JsonName);
        if (!File.Exists(path))
            return null;
        try
        {
            var history = JsonSerializer.Deserialize<TrainingHistory>(BoundedFile.ReadAllBytes(path, 4 * BoundedFile.Usual), s_options)
                ?? throw new JsonException("it holds nothing");
            return history.Classes.All(name => name is not null) && history.Epochs.All(epoch => epoch?.ValIou.Count == history.Classes.Count) ? history
                : throw new JsonException("an epoch has not a value for every class");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new FlairException($"{path}: the training's history cannot be read ({MessageText.OneLine(e.Message).TrimEnd('.')}); delete it to go on without", e);
        }
    }

    private static string Csv(TrainingHistory history)
    {
        var text = new StringBuilder("epoch,global_step,lr,train_loss,train_miou,val_loss,val_miou,");
        foreach (var name in history.Classes)
            text.Append(CsvText.Field($"val_iou_{name}")).Append(',');
        text.Append("seconds\n");
        foreach (var epoch in history.Epochs)
        {
            double?[] values = [epoch.LearningRate, epoch.TrainLoss, epoch.TrainMiou, epoch.ValLoss, epoch.ValMiou, .. epoch.ValIou, epoch.Seconds];
            text.Append($"{epoch.Epoch},{epoch.GlobalStep},").AppendJoin(',', values.Select(value => value is { } number ? PythonText.Json(number) : "")).Append('\n');
        }

        return text.ToString();
    }
}
