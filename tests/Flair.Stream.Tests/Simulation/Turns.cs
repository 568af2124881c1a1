namespace Flair.Tests.Simulation;

/// <summary>
/// Lets runs that race for one output take turns at its storage, one call at a time. Whose turn it is, is drawn; so the race is the same each time, however
/// fast the runs are in between.
/// </summary>
internal sealed class Turns(Dice dice, string life, IEnumerable<string> runs)
{
    private readonly Lock _gate = new();
    private readonly List<string> _alive = [.. runs];
    private readonly Dictionary<string, TaskCompletionSource> _waiting = [];
    private string? _holder;
    private int _step;

    /// <summary>Waits for a run's turn.</summary>
    public Task EnterAsync(string run)
    {
        lock (_gate)
        {
            if (!_alive.Contains(run))
                return Task.CompletedTask;
            if (_holder is null)
                Pick();
            if (_holder == run)
                return Task.CompletedTask;
            return (_waiting[run] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Ends a run's turn.</summary>
    public void Leave(string run)
    {
        lock (_gate)
        {
            if (_holder != run)
                return;
            _step++;
            Pick();
        }
    }

    /// <summary>A run that is over takes no more turns.</summary>
    public void Remove(string run)
    {
        lock (_gate)
        {
            _alive.Remove(run);
            if (_waiting.Remove(run, out var waiter))
                waiter.SetResult();
            if (_holder == run)
                Pick();
        }
    }

    private void Pick()
    {
        _holder = _alive.Count == 0 ? null : _alive[dice.Index($"{life} turn {_step}", _alive.Count)];
        if (_holder is not null && _waiting.Remove(_holder, out var waiter))
            waiter.SetResult();
    }
}
