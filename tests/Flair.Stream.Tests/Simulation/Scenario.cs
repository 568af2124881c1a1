namespace Flair.Tests.Simulation;

/// <summary>What a seed is about.</summary>
internal sealed record Scenario
{
    public required int Seed { get; init; }

    /// <summary>Tiles in a row.</summary>
    public required int Tiles { get; init; }

    /// <summary>Whether inputs lie in object storage.</summary>
    public required bool RemoteInputs { get; init; }

    /// <summary>Whether the output goes there.</summary>
    public required bool RemoteOutput { get; init; }

    /// <summary>Runs that write to the output at once.</summary>
    public required int Runs { get; init; }

    /// <summary>Whether the output's address bears a signature instead of the account's key.</summary>
    public required bool Signed { get; init; }

    /// <summary>Times that runs are started while things go wrong; once more follows in which nothing does.</summary>
    public required int Lives { get; init; }

    /// <summary>Share of requests that fail.</summary>
    public required double Requests { get; init; }

    /// <summary>Share of steps at which a run is killed.</summary>
    public required double Kills { get; init; }

    /// <summary>Share of writes that find the disk full.</summary>
    public required double Full { get; init; }

    /// <summary>Draws it.</summary>
    public static Scenario Of(int seed)
    {
        var dice = new Dice(seed);
        var remote = dice.Share("remote output") < 0.65;
        var race = remote && dice.Share("race") < 0.3;
        return new Scenario
        {
            Seed = seed,
            Tiles = dice.Of("tiles", 1, 2, 2, 3),
            RemoteOutput = remote,
            Runs = race ? 2 : 1,
            RemoteInputs = !race && dice.Share("remote inputs") < 0.5,
            Signed = remote && dice.Share("signed") < 0.4,
            Lives = dice.Of("lives", 1, 2, 2, 3),
            Requests = dice.Of("requests", 0, 0.05, 0.15, 0.3, 0.5),
            Kills = dice.Of("kills", 0, 0.01, 0.02, 0.04),
            Full = dice.Of("full", 0, 0, 0.01, 0.03),
        };
    }
}
