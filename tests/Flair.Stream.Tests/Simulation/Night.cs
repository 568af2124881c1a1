using System.Collections.Concurrent;

namespace Flair.Tests.Simulation;

/// <summary>What became of a seed.</summary>
internal sealed class Night(Scenario scenario)
{
    private readonly ConcurrentQueue<string> _violations = [];

    public Scenario Scenario => scenario;

    /// <summary>What went wrong, run by run: <c>RUN STEP #TIMES: FAULT</c>.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>What should not have been.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Requests of all runs.</summary>
    public int Requests { get; set; }

    /// <summary>Runs that were killed.</summary>
    public int Kills { get; set; }

    public void Violate(string what) => _violations.Enqueue(what);

    public override string ToString() => $"""
        {scenario}
        went wrong ({Faults.Count}):
          {string.Join("\n  ", Faults)}
        violations:
          {string.Join("\n  ", Violations)}
        again: scripts/simulate --seed {scenario.Seed}
        """;
}
