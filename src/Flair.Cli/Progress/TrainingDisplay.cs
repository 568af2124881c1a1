using System.Globalization;
using Flair.Training;
using Spectre.Console;

namespace Flair.Cli.Progress;

/// <summary>
/// Shows a training: at a terminal a line that is written over, in a log a line now and then; a line an epoch in both; or JSON. What is worth
/// keeping also goes to FLAIR-1's <c>flair-compute.log</c>.
/// </summary>
/// <param name="context">Where to write.</param>
/// <param name="json">JSON alone.</param>
/// <param name="quiet">Nothing but errors.</param>
/// <param name="log">The log file.</param>
internal sealed class TrainingDisplay(CommandContext context, bool json, bool quiet, TextWriter log) : ITrainingObserver
{
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_liveInterval = TimeSpan.FromMilliseconds(200);

    private readonly bool _live = context.IsTerminal && !json && !quiet;
    private readonly System.Diagnostics.Stopwatch _sinceLine = System.Diagnostics.Stopwatch.StartNew();
    private bool _bar = true;
    private int _rate = 1;
    private int _epochs;

    public void Started(TrainingStart start)
    {
        var settings = start.Settings;
        (_epochs, _bar, _rate) = (settings.Epochs, settings.ShowProgress, settings.ProgressRate);
        if (json)
        {
            context.WriteEvent(new
            {
                Event = "start",
                start.Parameters,
                start.TrainPatches,
                start.ValPatches,
                Epoch = start.FirstEpoch,
                Step = start.FirstStep,
                settings.Epochs,
                settings.Output,
            });
        }

        Line($"{settings.Architecture}: {Units.Count(start.Parameters)} parameters, {Units.Counted(settings.Channels.Count, "channel")}, {Units.Counted(settings.Classes.Count, "class", "es")}, on {settings.Device}");
        Line($"{Units.Counted(start.TrainPatches, "patch", "es")} to learn from, {start.ValPatches:N0} to validate with, batches of {settings.BatchSize}, at most {Units.Counted(settings.Epochs, "epoch")}");
        if (start.FirstEpoch > 0 || start.FirstStep > 0)
            Line($"going on at epoch {start.FirstEpoch}, step {start.FirstStep}");
    }

    public void Stepped(TrainingStep step)
    {
        if (json)
        {
            if (step.Done % _rate == 0 || step.Done == step.Total)
            {
                context.WriteEvent(new
                {
                    Event = "step",
                    step.Epoch,
                    step.Validation,
                    step.Done,
                    step.Total,
                    step.Loss,
                    step.PatchesPerSecond,
                    step.Waited,
                    SecondsLeft = step.Left?.TotalSeconds,
                });
            }

            return;
        }

        if (!_bar || quiet || _sinceLine.Elapsed < (_live ? s_liveInterval : s_logInterval) || (_live && step.Done % _rate != 0 && step.Done != step.Total))
            return;
        _sinceLine.Restart();
        var text = string.Create(CultureInfo.InvariantCulture,
            $"epoch {step.Epoch} {(step.Validation ? "validation" : "training")} {step.Done}/{step.Total}: loss {step.Loss:0.0000}, {step.PatchesPerSecond:0.00} patches/s{Waiting(step)}{Left(step)}");
        if (_live)
            context.Out.Write($"\r{Fit(text)}\u001b[K");
        else
            context.Out.WriteLine(text);
        context.Out.Flush();
    }

    public void EpochEnded(EpochEnd end)
    {
        var record = end.Record;
        if (json)
        {
            context.WriteEvent(new { Event = "epoch", record.Epoch, record.LearningRate, record.TrainLoss, record.TrainMiou, record.ValLoss, record.ValMiou, record.ValIou, record.Seconds, end.BestFile });
        }

        Line(string.Create(CultureInfo.InvariantCulture,
            $"epoch {record.Epoch} ({record.Epoch + 1} of {_epochs}): train_loss {record.TrainLoss:0.0000}, val_loss {record.ValLoss:0.0000}, val_miou {record.ValMiou:0.0000}, rate {record.LearningRate:g4}, {Units.Duration(TimeSpan.FromSeconds(record.Seconds))}{(end.BestFile is null ? $", no better for {end.Waiting}" : ", best so far")}"));
    }

    public void Trained(TrainingResult result)
    {
        if (json)
        {
            context.WriteEvent(new { Event = "summary", Reason = result.Reason.ToString(), Best = result.BestFile, Epochs = result.History.Epochs.Count, result.Computed });
        }

        var best = result.History.Epochs.Count == 0 ? "" : $" after {Units.Counted(result.History.Epochs.Count, "epoch")}";
        Line($"{(result.Computed == 0 ? "the training is complete already" : result.Reason == TrainingEnd.StoppedEarly ? "stopped early: no better epoch for too long" : "trained")}{best}; best checkpoint: {result.BestFile}");
    }

    public void Progressed(string what, int done, int total)
    {
        if ((quiet && !json) || !_bar || (done < total && _sinceLine.Elapsed < (_live ? s_liveInterval : s_logInterval)))
            return;
        _sinceLine.Restart();
        if (json)
        {
            context.WriteEvent(new { Event = "progress", What = what, Done = done, Total = total });
            return;
        }

        if (_live)
            context.Out.Write($"\r{what} {done}/{total}\u001b[K{(done == total ? "\n" : "")}");
        else
            context.Out.WriteLine($"{what} {done}/{total}");
        context.Out.Flush();
    }

    public void Notice(string text)
    {
        if (json)
            context.WriteEvent(new { Event = "notice", Message = text });
        Line(text);
    }

    private static string Waiting(TrainingStep step) => step.Waited > 0.05 ? string.Create(CultureInfo.InvariantCulture, $" ({100 * step.Waited:0} % waiting for files)") : "";

    private static string Left(TrainingStep step) => step.Left is { } left ? $", {Units.Duration(left)} left" : "";

    private static string Fit(string text)
    {
        var width = Math.Max(20, AnsiConsole.Profile.Width - 1);
        return text.Length > width ? text[..width] : text;
    }

    private void Line(string text)
    {
        log.WriteLine(text);
        if (quiet || json)
            return;
        context.Out.WriteLine(_live ? $"\r{text}\u001b[K" : text);
        context.Out.Flush();
    }
}
