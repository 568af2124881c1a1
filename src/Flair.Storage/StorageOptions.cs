namespace Flair.Storage;

/// <summary>How storage is reached, how long is waited and how often is tried. Everything that tests and simulations replace is here.</summary>
public sealed record StorageOptions
{
    /// <summary>The usual ones.</summary>
    public static StorageOptions Default { get; } = new();

    /// <summary>Those of this process; see <see cref="RemoteFiles.Configure"/>.</summary>
    public static StorageOptions Current { get; internal set; } = Default;

    /// <summary>Times that a request is tried in all.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>The first wait before a request is repeated; it doubles each time, with jitter.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait, whatever a <c>Retry-After</c> asks for.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the head of an answer to all but a write of content, and then each further piece of a body that is read, may take.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What one attempt of a request may take in all; writing a block of 8 MiB must fit in.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>A ranged read that has not been answered for so long is asked a second time beside the first.</summary>
    public TimeSpan HedgeAfter { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a storage that only fails is left in peace.</summary>
    public TimeSpan BreakFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Jitter is drawn from it, so that a simulation waits the same each time; null for another one each time.</summary>
    public int? Seed { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes what sends the requests over HTTP; null for the usual sockets.</summary>
    public Func<HttpMessageHandler>? Transport { get; init; }

    /// <summary>Looks up a variable of the environment (credentials); the process's own by default.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;
}
