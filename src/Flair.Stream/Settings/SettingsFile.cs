namespace Flair.Settings;

/// <summary>Reads settings from whichever file the user has: a pipeline of ours or FLAIR-1's <c>flair-1-config-detect.yaml</c>.</summary>
public static class SettingsFile
{
    /// <summary>Reads a file, tells its kind by its keys, merges the command line's overrides and checks everything.</summary>
    /// <param name="path">The file; null when the command line says everything (a pipeline without a file).</param>
    /// <param name="overrides">What the command line changes.</param>
    /// <returns>Complete, consistent settings.</returns>
    /// <exception cref="FlairException">Every error found, one a line, as <c>file.yaml:12:3: what is wrong</c>.</exception>
    public static RunSettings Read(string? path, SettingsOverrides overrides)
    {
        return path is null
            ? Parse("", "command line", "", overrides)
            : Parse(Load(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!, overrides);
    }

    /// <summary>The text of a settings file.</summary>
    /// <exception cref="FlairException">It cannot be read.</exception>
    internal static string Load(string path)
    {
        try
        {
            return BoundedFile.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlairException($"the settings file {path} does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"the settings file {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads settings from text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="directory">What relative paths of a pipeline are relative to. Those of a FLAIR-1 file stay as they are.</param>
    /// <param name="overrides">What the command line changes.</param>
    /// <returns>Complete, consistent settings.</returns>
    /// <exception cref="FlairException">Every error found, one a line.</exception>
    public static RunSettings Parse(string text, string name, string directory, SettingsOverrides overrides)
    {
        var report = new SettingsReport(name);
        var tree = YamlTree.ParseFile(text, name, directory, report.Errors);
        if (FlairTrainingFile.Recognises(tree))
            throw new FlairException($"{name}: this is a configuration of a training, not of flair detect; run: flair --conf {name} (or flair train, predict or metrics)");
        var settings = FlairDetectFile.Recognises(tree)
            ? FlairDetectFile.Read(YamlTree.ParseFile(text, name, "", []), report, overrides)
            : PipelineFile.Read(tree, report, overrides);
        RunSettingsRules.Check(settings, report);
        report.ThrowIfAny();
        return settings;
    }
}
