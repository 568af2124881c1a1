using Flair.Settings;
using Flair.Toy;

namespace Flair.Comparing;

/// <summary>
/// A comparison in minutes on two cores: the same networks on a toy scene of 64 patches of 128 pixels, few epochs, small batches and FLAIR-1's
/// own learning rate. It shows that everything works; what the table says of the models means nothing for FLAIR's imagery.
/// </summary>
public static class ReducedSetting
{
    private const int PatchSize = 128;

    /// <summary>Makes the scene where it is not there yet.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="progress">Told a line at each step; may be null.</param>
    /// <param name="cancellation">Stops between pieces of work; what is finished stays.</param>
    /// <returns><c>KEY=VALUE</c> for the settings of every model, which those of the user may follow.</returns>
    /// <exception cref="FlairException">The scene cannot be written, or the directory holds another one.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<string> Create(string directory, Action<string>? progress = null, CancellationToken cancellation = default)
    {
        ToyScene.Create(new() { Directory = directory, TilesX = 2, TilesY = 2, Size = 4 * PatchSize, PatchSize = PatchSize }, progress, cancellation);
        return
        [
            $"paths.train_csv={Csv(directory, "train")}",
            $"paths.val_csv={Csv(directory, "val")}",
            $"paths.test_csv={Csv(directory, "test")}",
            "batch_size=4",
            "learning_rate=0.02",
            "num_epochs=6",
            "num_workers=1",
            "accelerator=cpu",
            "ckpt_save_also_last=False",
        ];
    }

    private static string Csv(string directory, string split) =>
        YamlTree.Quoted(Path.Combine(directory, "PATCHES", $"flair-toy-paths-{split}.csv"));
}
