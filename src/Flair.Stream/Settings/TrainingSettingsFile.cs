using Flair.Torch;

namespace Flair.Settings;

/// <summary>Reads what <c>flair train</c>, <c>predict</c> and <c>metrics</c> are to do: FLAIR-1's <c>flair-1-config.yaml</c>.</summary>
public static class TrainingSettingsFile
{
    /// <summary>Reads a file, merges the command line into it and checks everything; the patches themselves are for <c>PatchChecks</c>.</summary>
    /// <param name="path">The file. The paths in it are relative to the working directory, as FLAIR-1's are.</param>
    /// <param name="sets"><c>--set KEY.PATH=VALUE</c>, with FLAIR-1's own keys and the value in YAML, e.g. <c>paths.out_folder=runs</c>, <c>classes.15=[1, clear cut]</c>.</param>
    /// <param name="force">What to do in place of the file's <c>train</c>, <c>predict</c> and <c>metrics</c>; its other switches stay the file's. Null leaves all to the file.</param>
    /// <returns>Complete, consistent settings.</returns>
    /// <exception cref="FlairException">Every error found, one a line, as <c>file.yaml:12:3: what is wrong</c>.</exception>
    public static TrainingSettings Read(string path, IReadOnlyList<string> sets, TrainingTasks? force = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Parse(SettingsFile.Load(path), path, sets, force, () => LibTorch.CudaDeviceCount) with { File = path };
    }

    /// <summary>Reads settings from text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="sets">As in <see cref="Read"/>.</param>
    /// <param name="force">As in <see cref="Read"/>.</param>
    /// <param name="cudaDevices">How many CUDA devices there are; asked only where something is computed and the answer matters.</param>
    /// <exception cref="FlairException">Every error found, one a line.</exception>
    internal static TrainingSettings Parse(string text, string name, IReadOnlyList<string> sets, TrainingTasks? force, Func<int> cudaDevices)
    {
        var report = new SettingsReport(name);
        var tree = YamlTree.ParseFile(text, name, "", report.Errors);
        if (FlairTrainingFile.IsDetection(tree))
            throw new FlairException($"{name}: this is a configuration of flair detect, not of a training; run: flair detect {(FlairDetectFile.Recognises(tree) ? "--conf" : "--pipeline")} {name}");
        return FlairTrainingFile.Read(tree, report, sets, force, cudaDevices);
    }
}
