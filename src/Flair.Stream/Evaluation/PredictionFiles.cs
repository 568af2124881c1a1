using Flair.Patches;
using Flair.Settings;

namespace Flair.Evaluation;

/// <summary>Where predictions lie, by FLAIR-1's names: <c>predictions_NAME/PRED_IMAGE.tif</c> in the output directory.</summary>
public static class PredictionFiles
{
    /// <summary>The directory of the predictions.</summary>
    public static string Directory(TrainingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Path.Combine(settings.Output, $"predictions_{settings.Name}");
    }

    /// <summary>The prediction of an image.</summary>
    public static string Of(TrainingSettings settings, string image) => Path.Combine(Directory(settings), "PRED_" + Path.GetFileName(image));

    /// <summary>
    /// The patches of <see cref="TrainingSettings.TestCsv"/>. FLAIR-1 tells predictions apart by the image's file name alone and silently
    /// overwrites one with another; that is refused here.
    /// </summary>
    /// <exception cref="FlairException">There is no list, it cannot be read, or two images have the same file name.</exception>
    public static IReadOnlyList<PatchFiles> List(TrainingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.TestCsv is not { } csv)
            throw new FlairException("paths.test_csv is empty; name the list of patches to predict and to measure");
        var patches = PatchList.Read(csv);
        var seen = new Dictionary<string, PatchFiles>(StringComparer.Ordinal);
        foreach (var patch in patches)
        {
            var name = Path.GetFileName(patch.Image);
            if (!seen.TryAdd(name, patch))
            {
                var other = seen[name];
                throw new FlairException(
                    $"{csv}: lines {other.Line} ({other.Image}) and {patch.Line} ({patch.Image}) would share the prediction PRED_{name}; "
                    + "give the images different file names, or take one out");
            }
        }

        return patches;
    }
}
