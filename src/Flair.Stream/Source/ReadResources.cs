namespace Flair.Source;

/// <summary>What readers that follow each other have in common: memory and threads.</summary>
/// <param name="Pool">Memory of blocks and strips.</param>
/// <param name="Decoders">The threads that decode.</param>
internal sealed record ReadResources(BufferPool Pool, DecodeScheduler Decoders) : IDisposable
{
    private const int BuffersKept = 16;

    /// <summary>As some options ask for.</summary>
    public static ReadResources For(ReadOptions options) => new(
        new BufferPool(BuffersKept),
        new DecodeScheduler(options.Parallelism, options.SparesCores ? Math.Max(1, options.Parallelism / 2) : options.Parallelism));

    /// <summary>Frees the memory that is not in use, and ends the threads.</summary>
    public void Dispose()
    {
        Decoders.Dispose();
        Pool.Dispose();
    }
}
