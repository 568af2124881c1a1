namespace Flair.Source;

/// <summary>Rows of a file, decoded: [band][row][column], and the parts of them that could not be.</summary>
/// <param name="rect">The pixels, in the file's own columns and rows.</param>
/// <param name="valueBytes">Bytes of a value.</param>
/// <param name="buffer">Holds them.</param>
internal sealed unsafe class DecodedRows(GridRect rect, int valueBytes, NativeBuffer buffer)
{
    private readonly Lock _gate = new();
    private readonly List<(GridRect Rect, string Message)> _failed = [];

    /// <summary>The pixels, in the file's own columns and rows.</summary>
    public GridRect Rect => rect;

    public NativeBuffer Buffer => buffer;

    /// <summary>Bytes from a row to the next.</summary>
    public long LineSpacing => (long)rect.Width * valueBytes;

    /// <summary>Bytes from a band to the next.</summary>
    public long BandSpacing => LineSpacing * rect.Height;

    /// <summary>What could not be decoded, in the file's own columns and rows.</summary>
    public IReadOnlyList<(GridRect Rect, string Message)> Failed => _failed;

    /// <summary>Where a value lies.</summary>
    /// <param name="band">Index into the bands read.</param>
    /// <param name="column">The file's own.</param>
    /// <param name="row">The file's own.</param>
    public byte* At(int band, int column, int row) =>
        (byte*)buffer.Pointer + (band * BandSpacing) + ((row - rect.Y) * LineSpacing) + ((long)(column - rect.X) * valueBytes);

    public void Fail(GridRect part, string message)
    {
        lock (_gate)
            _failed.Add((part, message));
    }
}
