using Flair.Storage.Tests.Faults;

namespace Flair.Storage.Tests;

/// <summary>Options that reach Azurite through a port, with short pauses and short patience.</summary>
internal static class TestOptions
{
    public static StorageOptions Through(int port, int attempts = 12) => Azurite.Through(port) with
    {
        Attempts = attempts,
        StallTimeout = TimeSpan.FromMilliseconds(800),
        AttemptTimeout = TimeSpan.FromSeconds(20),
        HedgeAfter = TimeSpan.FromMilliseconds(400),
        BreakFor = TimeSpan.FromSeconds(1),
    };

    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
