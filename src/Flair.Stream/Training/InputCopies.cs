using Flair.Settings;

namespace Flair.Training;

/// <summary>FLAIR-1's <c>used_csv_and_config</c>: what the result was made from, beside it.</summary>
internal static class InputCopies
{
    /// <summary>Copies the lists that the tasks use and the settings file.</summary>
    /// <exception cref="FlairException">They cannot be copied.</exception>
    public static void Write(TrainingSettings settings)
    {
        var directory = Path.Combine(settings.Output, "used_csv_and_config");
        string?[] files =
        [
            settings.Tasks.Train ? settings.TrainCsv : null,
            settings.Tasks.Train ? settings.ValCsv : null,
            settings.Tasks.Predict || settings.Tasks.Metrics ? settings.TestCsv : null,
            settings.File,
        ];
        try
        {
            Directory.CreateDirectory(directory);
            foreach (var file in files.OfType<string>())
                DurableFile.WriteAllBytes(Path.Combine(directory, Path.GetFileName(file)), File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{directory}: the settings and lists cannot be copied there ({e.Message.TrimEnd('.')}); check the disk and the rights on it", e);
        }
    }
}
