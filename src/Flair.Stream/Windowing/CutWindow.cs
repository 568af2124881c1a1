using Flair.Running;

namespace Flair.Windowing;

/// <summary>
/// A window's raw pixels, [channel][row][column], in a pooled buffer. The last message of a unit has no pixels, nor has a window that the unit before it has computed.
/// </summary>
public sealed class CutWindow : IDisposable
{
    private byte[]? _buffer;

    private CutWindow(UnitState unit, Placement? placement, WindowRecord? record, int bytes)
    {
        Unit = unit;
        Placement = placement;
        Record = record;
        Bytes = bytes;
        _buffer = bytes > 0 ? PixelPool.Shared.Rent(bytes) : null;
    }

    /// <summary>Its unit.</summary>
    public UnitState Unit { get; }

    /// <summary>Where it lies; null in the message that ends a unit.</summary>
    public Placement? Placement { get; }

    /// <summary>What became of it.</summary>
    public WindowRecord? Record { get; }

    /// <summary>Size of the pixels.</summary>
    public int Bytes { get; }

    /// <summary>True in the message that ends a unit.</summary>
    public bool EndOfUnit => Placement is null;

    /// <summary>True for a window whose logits are there already (<see cref="UnitState.FromBefore"/>).</summary>
    public bool IsComputed => Placement is not null && Bytes == 0;

    /// <summary>The pixels.</summary>
    public Span<byte> Pixels => _buffer.AsSpan(0, Bytes);

    /// <summary>The pixels, for other threads.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Bytes);

    /// <summary>A window whose pixels are to be filled in.</summary>
    public static CutWindow Create(UnitState unit, Placement placement, WindowRecord record, int bytes) => new(unit, placement, record, bytes);

    /// <summary>A window that the unit before has computed.</summary>
    public static CutWindow Computed(UnitState unit, Placement placement, WindowRecord record) => new(unit, placement, record, 0);

    /// <summary>The message that ends a unit.</summary>
    public static CutWindow End(UnitState unit) => new(unit, null, null, 0);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            PixelPool.Shared.Return(buffer);
    }
}
