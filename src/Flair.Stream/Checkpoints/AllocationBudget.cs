namespace Flair.Checkpoints;

/// <summary>
/// How many bytes of tensors a file may make us hold: four times its own length and 64 MiB. Real checkpoints need their length
/// once; a hostile one could have every tensor be a view of one large storage.
/// </summary>
internal sealed class AllocationBudget(long fileLength)
{
    private long _left = (4 * fileLength) + (64L << 20);

    /// <summary>An array of that many bytes.</summary>
    /// <exception cref="FlairException">The file has used up its budget.</exception>
    public byte[] Allocate(long bytes, string what)
    {
        if (bytes > Array.MaxLength)
            throw new FlairException($"{what} takes {bytes:N0} bytes; no tensor above 2 GiB can be read");
        if (bytes < 0 || bytes > _left)
            throw new FlairException($"{what} would take {bytes:N0} bytes, far more than the file itself holds; it is no ordinary checkpoint and is not read");
        _left -= bytes;
        return bytes == 0 ? [] : GC.AllocateUninitializedArray<byte>((int)bytes);
    }
}
