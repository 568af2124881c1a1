using Flair.Running;

namespace Flair.Stitching;

/// <summary>Finished rows of a unit, over the whole width of its bounds, in pooled buffers. The last message of a unit has none.</summary>
public sealed class MapRows : IDisposable
{
    private byte[]? _classes, _confidence, _probabilities;

    /// <summary>Rents the buffers.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="y">First row on the mosaic's grid.</param>
    /// <param name="count">Rows; 0 in the message that ends a unit.</param>
    /// <param name="classes">Classes to make room for probabilities of; 0: none are asked for.</param>
    public MapRows(UnitState unit, int y, int count, int classes)
    {
        Unit = unit;
        Y = y;
        Count = count;
        ClassCount = classes;
        if (count == 0)
            return;
        _classes = PixelPool.Shared.Rent(Pixels);
        _confidence = PixelPool.Shared.Rent(Pixels);
        _probabilities = classes > 0 ? PixelPool.Shared.Rent(checked(Pixels * classes)) : null;
    }

    /// <summary>The unit.</summary>
    public UnitState Unit { get; }

    /// <summary>First row on the mosaic's grid.</summary>
    public int Y { get; }

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Bands of <see cref="Probabilities"/>; 0 when they were not asked for.</summary>
    public int ClassCount { get; }

    /// <summary>True in the message that ends a unit.</summary>
    public bool EndOfUnit => Count == 0;

    /// <summary>Class index a pixel, or <see cref="StitchBlock.Nodata"/>; [row][column].</summary>
    public Span<byte> Classes => _classes.AsSpan(0, Pixels);

    /// <summary>floor(255 × probability of that class); 0 without data; [row][column].</summary>
    public Span<byte> Confidence => _confidence.AsSpan(0, Pixels);

    /// <summary>floor(255 × probability) a class; 0 without data; [class][row][column].</summary>
    public Span<byte> Probabilities => _probabilities.AsSpan(0, Pixels * ClassCount);

    private int Pixels => checked(Count * Unit.Unit.Bounds.Width);

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        Return(ref _classes);
        Return(ref _confidence);
        Return(ref _probabilities);
    }

    private static void Return(ref byte[]? buffer)
    {
        if (Interlocked.Exchange(ref buffer, null) is { } rented)
            PixelPool.Shared.Return(rented);
    }
}
