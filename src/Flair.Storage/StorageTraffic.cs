namespace Flair.Storage;

/// <summary>What this process has sent and received over HTTP, tries that failed included. Safe to use from several threads.</summary>
public static class StorageTraffic
{
    private static long _requests;
    private static long _repeated;
    private static long _received;
    private static long _sent;

    /// <summary>Requests sent.</summary>
    public static long Requests => Interlocked.Read(ref _requests);

    /// <summary>Tries that failed and were made again.</summary>
    public static long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>Bytes of bodies received.</summary>
    public static long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Bytes of bodies sent, as announced.</summary>
    public static long BytesSent => Interlocked.Read(ref _sent);

    internal static void Request(long bytes)
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Add(ref _sent, bytes);
    }

    internal static void Repeat() => Interlocked.Increment(ref _repeated);

    internal static void Receive(int bytes) => Interlocked.Add(ref _received, bytes);
}
