using System.Globalization;
using Flair.Settings;
using Flair.Training;

namespace Flair.Reporting;

/// <summary>
/// Writes what TensorBoard shows of a training, where Lightning's <c>TensorBoardLogger</c> puts it in FLAIR-1:
/// <c>tensorboard_logs_NAME/version_N/events.out.tfevents.…</c>. The file grows with the training: what a killed one leaves is readable up to
/// its last whole record. One thread at a time.
/// </summary>
public sealed class TensorBoardWriter : IDisposable
{
    private const string VersionPrefix = "version_";
    private readonly FileStream _file;
    private readonly TimeProvider _clock;

    private TensorBoardWriter(FileStream file, TimeProvider clock)
    {
        (_file, _clock) = (file, clock);
        Append(EventRecord.Version(WallTime));
        Flush();
    }

    /// <summary>The file.</summary>
    public string Path => _file.Name;

    /// <summary>The wall clock in seconds since 1970, which TensorBoard offers as an axis.</summary>
    private double WallTime => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>Begins a file.</summary>
    /// <param name="settings">Output directory and name of the training.</param>
    /// <param name="resumed">True to go on in the latest version's directory, in a file of its own; false for the next version.</param>
    /// <param name="clock">Tells the time of the events.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static TensorBoardWriter Open(TrainingSettings settings, bool resumed, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        clock ??= TimeProvider.System;
        var logs = System.IO.Path.Combine(settings.Output, $"tensorboard_logs_{settings.Name}");
        return OutputGuard.Run($"{logs}: the TensorBoard log cannot be written", () =>
        {
            var versions = LatestVersion(logs);
            var version = resumed ? Math.Max(versions, 0) : versions + 1;
            var directory = System.IO.Path.Combine(logs, VersionPrefix + version.ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(directory);
            var name = $"events.out.tfevents.{clock.GetUtcNow().ToUnixTimeSeconds():0000000000}.{Environment.MachineName}.{Environment.ProcessId}.";
            var count = 0;
            while (File.Exists(System.IO.Path.Combine(directory, name + count.ToString(CultureInfo.InvariantCulture))))
                count++;
            var path = System.IO.Path.Combine(directory, name + count.ToString(CultureInfo.InvariantCulture));
            var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            try
            {
                return new TensorBoardWriter(file, clock);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        });
    }

    /// <summary>
    /// Writes an epoch by the tags and at the step at which Lightning writes FLAIR-1's: <c>train_loss</c>, <c>val_loss</c>, <c>val_miou</c>,
    /// <c>val_iou_CLASS</c> of the classes that have a weight, <c>epoch</c>; and <c>lr</c>, and <c>train_miou</c> where it is known.
    /// </summary>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public void Write(EpochRecord epoch, IReadOnlyList<TrainingClass> classes)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(epoch.ValIou.Count, classes.Count);

        // Lightning logs an epoch at its last step counted from 0 (loops/fit_loop.py, on_advance_end).
        var step = epoch.GlobalStep - 1;
        OutputGuard.Run($"{Path}: the TensorBoard log cannot be written", () =>
        {
            Scalar("lr", epoch.LearningRate, step);
            Scalar("val_loss", epoch.ValLoss, step);
            Scalar("val_miou", epoch.ValMiou, step);
            for (var i = 0; i < classes.Count; i++)
            {
                if (classes[i].Weight != 0)
                    Scalar($"val_iou_{classes[i].Name}", epoch.ValIou[i], step);
            }

            Scalar("epoch", epoch.Epoch, step);
            Scalar("train_loss", epoch.TrainLoss, step);
            if (epoch.TrainMiou is { } trainMiou)
                Scalar("train_miou", trainMiou, step);
            Flush();
        });
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static int LatestVersion(string logs) => !Directory.Exists(logs) ? -1 : Directory.EnumerateDirectories(logs, VersionPrefix + "*")
        .Select(directory => int.TryParse(System.IO.Path.GetFileName(directory).AsSpan(VersionPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1)
        .DefaultIfEmpty(-1).Max();

    private void Scalar(string tag, double value, long step) => Append(EventRecord.Scalar(WallTime, step, tag, (float)value));

    private void Append(byte[] message) => _file.Write(EventRecord.Frame(message));

    private void Flush() => _file.Flush();
}
