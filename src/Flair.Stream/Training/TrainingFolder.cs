using System.Globalization;
using System.Text;
using Flair.Checkpoints;
using Flair.Settings;

namespace Flair.Training;

/// <summary>Where a training leaves what: FLAIR-1's (Lightning's) places and names, and <c>.flair/</c> for going on.</summary>
/// <param name="settings">Output directory and name.</param>
public sealed class TrainingFolder(TrainingSettings settings)
{
    /// <summary>The checkpoints.</summary>
    public string Checkpoints => Path.Combine(settings.Output, "checkpoints");

    /// <summary>The weights of the last epoch.</summary>
    public string Last => Path.Combine(Checkpoints, "last.ckpt");

    /// <summary>All that this program needs to go on: written at the end of every epoch, every few minutes, and when it is stopped.</summary>
    public string State => StateIn(settings.Output);

    /// <summary>The state of the training in an output directory.</summary>
    public static string StateIn(string output) => Path.Combine(output, ".flair", "training.ckpt");

    private string Replaced => Path.Combine(settings.Output, ".flair", "replaced");

    /// <summary>The report.</summary>
    public string Report => Path.Combine(settings.Output, Reporting.HtmlReport.FileName);

    /// <summary>The file of the best epoch as Lightning names it, e.g. <c>ckpt-epoch=07-val_loss=0.53_name.ckpt</c>.</summary>
    public string Best(EpochRecord record) => Path.Combine(
        Checkpoints, string.Create(CultureInfo.InvariantCulture, $"ckpt-epoch={record.Epoch:00}-val_loss={record.ValLoss:F2}_{settings.Name}.ckpt"));

    /// <summary>Makes the directories.</summary>
    /// <exception cref="FlairException">They cannot be made.</exception>
    public void Create()
    {
        try
        {
            Directory.CreateDirectory(Checkpoints);
            Directory.CreateDirectory(Path.GetDirectoryName(State)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{settings.Output}: the output directory cannot be made ({e.Message.TrimEnd('.')}); correct paths.out_folder", e);
        }
    }

    /// <summary>Keeps other processes from training here until it is disposed; the system lets go of it when the process ends, however it ends.</summary>
    /// <exception cref="FlairException">One does.</exception>
    public IDisposable Lock()
    {
        var path = Path.Combine(Path.GetDirectoryName(State)!, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{settings.Output}: another process trains there, or {path} cannot be written ({e.Message.TrimEnd('.')}); wait for it to end, or give another paths.out_model_name", e);
        }
    }

    /// <summary>The training that was begun here; null where none was.</summary>
    /// <exception cref="FlairException">Its state cannot be read.</exception>
    public TrainingCheckpoint? ReadState()
    {
        if (!File.Exists(State))
            return null;
        try
        {
            var state = TrainingCheckpointReader.Read(State);
            // The directory may have been moved, or named from another working directory, since.
            return state.BestModel is { Path.Length: > 0 } best
                ? state with { BestModel = best with { Path = Path.Combine(Checkpoints, Path.GetFileName(best.Path)), Directory = Checkpoints } }
                : state;
        }
        catch (FlairException e)
        {
            throw new FlairException($"{e.Message}; or delete it, to begin the training anew", e);
        }
    }

    /// <summary>The best checkpoint of the training that was begun here; null where it has none yet, or none was begun.</summary>
    /// <exception cref="FlairException">Its state cannot be read.</exception>
    public string? FindBest() => ReadState()?.BestModel is { Path.Length: > 0 } best ? best.Path : null;

    /// <summary>Whether the best model of a training is one of this folder's files, which a better one replaces.</summary>
    internal bool Holds(BestModelState best) =>
        best.Path.Length > 0 && Path.GetDirectoryName(Path.GetFullPath(best.Path)) == Path.GetFullPath(Checkpoints);

    /// <summary>Notes the best checkpoint that is about to be replaced, so that it is deleted also where the process ends before that.</summary>
    /// <exception cref="FlairException">The note cannot be written.</exception>
    public void MarkReplaced(string checkpoint) => OutputGuard.Run(
        $"{Replaced}: cannot be written", () => DurableFile.WriteAllBytes(Replaced, Encoding.UTF8.GetBytes(Path.GetFileName(checkpoint))));

    /// <summary>Deletes the checkpoint that was noted, unless it is the best one still. A file that cannot be deleted only takes room.</summary>
    /// <param name="best">The best checkpoint by the state on the disk.</param>
    public void RemoveReplaced(string best)
    {
        try
        {
            if (!File.Exists(Replaced))
                return;
            var name = Path.GetFileName(File.ReadAllText(Replaced));
            if (name.Length > 0 && name != Path.GetFileName(best))
                File.Delete(Path.Combine(Checkpoints, name));
            File.Delete(Replaced);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
