using Flair.Storage.Tests.Faults;

namespace Flair.Storage.Tests;

/// <summary>Options that reach Azurite through a port, with short pauses.</summary>
internal static class TestOptions
{
    public static StorageOptions Through(int port, int attempts = 12) => new()
    {
        Attempts = attempts,
        FirstDelay = TimeSpan.FromMilliseconds(5),
        LongestDelay = TimeSpan.FromMilliseconds(50),
        StallTimeout = TimeSpan.FromMilliseconds(800),
        AttemptTimeout = TimeSpan.FromSeconds(20),
        HedgeAfter = TimeSpan.FromMilliseconds(400),
        BreakFor = TimeSpan.FromSeconds(1),
        Seed = 1,
        Variable = name => name == "AZURE_STORAGE_CONNECTION_STRING" ? Azurite.ConnectionString(port) : null,

        // Not the process's own connections: each test ends its own.
        Transport = () => new SocketsHttpHandler(),
    };

    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
