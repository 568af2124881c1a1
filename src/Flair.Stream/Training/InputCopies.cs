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
        (string Part, string? File)[] files =
        [
            ("train", settings.Tasks.Train ? settings.TrainCsv : null),
            ("val", settings.Tasks.Train ? settings.ValCsv : null),
            ("test", settings.Tasks.Predict || settings.Tasks.Metrics ? settings.TestCsv : null),
            ("settings", settings.File),
        ];
        var names = files.Where(entry => entry.File is not null).Select(entry => Path.GetFileName(entry.File)).ToArray();
        OutputGuard.Run($"{directory}: the settings and lists cannot be copied there", () =>
        {
            Directory.CreateDirectory(directory);
            foreach (var (part, file) in files)
            {
                if (file is null)
                    continue;
                // FLAIR-1 lets one of two train/list.csv and val/list.csv overwrite the other.
                var name = Path.GetFileName(file);
                if (names.Count(other => other == name) > 1)
                    name = $"{part}-{name}";
                DurableFile.WriteAllBytes(Path.Combine(directory, name), File.ReadAllBytes(file));
            }
        });
    }
}
