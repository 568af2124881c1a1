namespace Flair.Source;

/// <summary>Reads an area of the mosaic from north to south.</summary>
public sealed class AreaReader : IDisposable
{
    /// <summary>Makes a reader.</summary>
    public AreaReader(Mosaic mosaic, GridRect area, ReadOptions options) => throw new NotImplementedException($"{mosaic} {area} {options}");

    /// <summary>The strips, north to south.</summary>
    public IReadOnlyList<GridRect> Strips { get; } = [];

    /// <summary>Compressed blocks decoded so far.</summary>
    public long BlocksDecoded { get; }

    /// <summary>Bytes of pixels decoded so far.</summary>
    public long BytesDecoded { get; }

    /// <summary>Files opened so far.</summary>
    public int FilesOpened { get; }

    /// <summary>Reads a strip.</summary>
    public Task<Strip> ReadAsync(int stripIndex, CancellationToken ct) => throw new NotImplementedException($"{Strips} {stripIndex} {ct}");

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
    }
}
