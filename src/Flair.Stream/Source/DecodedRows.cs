using Flair.Storage;
using Microsoft.Win32.SafeHandles;

namespace Flair.Source;

/// <summary>Rows of a file, decoded: [band][row][column], and the parts of them that could not be.</summary>
/// <param name="rect">The pixels, in the file's own columns and rows.</param>
/// <param name="valueBytes">Bytes of a value.</param>
/// <param name="buffer">Holds them.</param>
internal sealed unsafe class DecodedRows(GridRect rect, int valueBytes, NativeBuffer buffer)
{
    private readonly Lock _gate = new();
    private volatile (GridRect Rect, string Message)[] _failed = [];

    /// <summary>The pixels, in the file's own columns and rows.</summary>
    public GridRect Rect => rect;

    public NativeBuffer Buffer => buffer;

    /// <summary>Bytes from a row to the next.</summary>
    public long LineSpacing => (long)rect.Width * valueBytes;

    /// <summary>Bytes from a band to the next.</summary>
    public long BandSpacing => LineSpacing * rect.Height;

    /// <summary>What could not be decoded so far, in the file's own columns and rows.</summary>
    public IReadOnlyList<(GridRect Rect, string Message)> Failed => _failed;

    /// <summary>Where a value lies.</summary>
    /// <param name="band">Index into the bands read.</param>
    /// <param name="column">The file's own.</param>
    /// <param name="row">The file's own.</param>
    public byte* At(int band, int column, int row) =>
        (byte*)buffer.Pointer + (band * BandSpacing) + ((row - rect.Y) * LineSpacing) + ((long)(column - rect.X) * valueBytes);

    /// <summary>Copies a part, which both have.</summary>
    /// <param name="part">The part, in the file's own columns and rows.</param>
    /// <param name="to">Takes it.</param>
    /// <param name="bands">Bands.</param>
    public void Copy(GridRect part, DecodedRows to, int bands)
    {
        for (int band = 0; band < bands; band++)
            Copy(At(band, part.X, part.Y), LineSpacing, to.At(band, part.X, part.Y), to.LineSpacing, part);
    }

    /// <summary>Writes a part to a temporary file as [band][row][column].</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(SafeFileHandle file, long offset, GridRect part, int bands, BufferPool pool)
    {
        long line = (long)part.Width * valueBytes, plane = line * part.Height;
        var packed = line == LineSpacing ? null : pool.Rent(plane);
        try
        {
            for (int band = 0; band < bands; band++)
            {
                var from = At(band, part.X, part.Y);
                if (packed is not null)
                {
                    Copy(from, LineSpacing, (byte*)packed.Pointer, line, part);
                    from = (byte*)packed.Pointer;
                }

                RandomAccess.Write(file, new ReadOnlySpan<byte>(from, checked((int)plane)), offset + (band * plane));
            }
        }
        finally
        {
            if (packed is not null)
                pool.Return(packed);
        }
    }

    /// <summary>Reads a part of what <see cref="Save"/> wrote; false when the file ends before.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where it lies.</param>
    /// <param name="saved">What was written.</param>
    /// <param name="part">The part of it wanted.</param>
    /// <param name="bands">Bands.</param>
    /// <param name="pool">Where memory comes from.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public bool TryLoad(SafeFileHandle file, long offset, GridRect saved, GridRect part, int bands, BufferPool pool)
    {
        long line = (long)saved.Width * valueBytes, plane = line * saved.Height;
        int length = checked((int)(line * part.Height));
        bool direct = part.Width == saved.Width && line == LineSpacing;
        var packed = direct ? null : pool.Rent(length);
        try
        {
            for (int band = 0; band < bands; band++)
            {
                var to = packed is null ? At(band, part.X, part.Y) : (byte*)packed.Pointer;
                if (FileRange.Read(file, new Span<byte>(to, length), offset + (band * plane) + ((part.Y - saved.Y) * line)) < length)
                    return false;
                if (packed is not null)
                    Copy(to + ((long)(part.X - saved.X) * valueBytes), line, At(band, part.X, part.Y), LineSpacing, part);
            }

            return true;
        }
        finally
        {
            if (packed is not null)
                pool.Return(packed);
        }
    }

    public void Fail(GridRect part, string message)
    {
        lock (_gate)
            _failed = [.. _failed, (part, message)];
    }

    private void Copy(byte* from, long fromSpacing, byte* to, long toSpacing, GridRect part)
    {
        long line = (long)part.Width * valueBytes;
        for (int row = 0; row < part.Height; row++)
            System.Buffer.MemoryCopy(from + (row * fromSpacing), to + (row * toSpacing), line, line);
    }
}
