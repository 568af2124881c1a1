using System.Diagnostics;
using Flair.Settings;

namespace Flair.Training;

/// <summary>How fast an epoch goes, and what holds it up.</summary>
internal sealed class Pace(TrainingSettings settings, int epoch, int first, int steps, int valSteps)
{
    // A step of the validation has no backward pass, which takes twice the forward pass.
    private const double ValidationCost = 1.0 / 3;

    private readonly Stopwatch _part = new();
    private readonly Stopwatch _waiting = new();
    private int _first = first;
    private int _steps = steps;
    private int _trainSteps;
    private double _secondsPerStep;

    /// <summary>From now on it waits for a batch.</summary>
    public void Wait()
    {
        _part.Start();
        _waiting.Start();
    }

    /// <summary>The batch is there.</summary>
    public void Work() => _waiting.Stop();

    /// <summary>The validation begins.</summary>
    public void Validate()
    {
        (_trainSteps, _first, _steps) = (_steps, 0, valSteps);
        _part.Reset();
        _waiting.Reset();
    }

    /// <summary>A step was done.</summary>
    public TrainingStep Step(bool validation, int done, double loss)
    {
        var perStep = _part.Elapsed.TotalSeconds / (done - _first);
        if (!validation)
            _secondsPerStep = perStep;
        var epochSeconds = _secondsPerStep * ((validation ? _trainSteps : _steps) + (valSteps * ValidationCost));
        var leftHere = (perStep * (_steps - done)) + (validation ? 0 : _secondsPerStep * valSteps * ValidationCost);
        TimeSpan? left = _secondsPerStep == 0 ? null : TimeSpan.FromSeconds(leftHere + (epochSeconds * (settings.Epochs - epoch - 1)));
        return new(epoch, validation, done, _steps, loss, settings.BatchSize / perStep, _waiting.Elapsed / _part.Elapsed, left);
    }
}
