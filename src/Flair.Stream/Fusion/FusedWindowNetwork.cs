using Flair.Inference;
using Flair.Kernels;

namespace Flair.Fusion;

/// <summary>A fused program with memory of its own: one thread's worker. Workers share the program and its weights.</summary>
internal sealed class FusedWindowNetwork : IWindowNetwork
{
    // What a worker computes at once: more maps would only leave the caches sooner.
    private const int Pixels = 512 * 512;
    private const int MostWindows = 4;

    private readonly Task<FusedProgram> _compiling;
    private readonly WindowInput _input;
    private readonly int _windowSize;
    private readonly LogitsRoom _room;
    private HostBuffer? _arenas;
    private HostBuffer? _scratchpad;

    /// <summary>Takes nothing yet: the program may be under way.</summary>
    /// <param name="compiling">The program, for <paramref name="windows"/> and <paramref name="kept"/>; it must outlive this.</param>
    /// <param name="windows">Windows that may come at once.</param>
    /// <param name="kept">The part of a window that logits are computed for.</param>
    /// <param name="input">Writes its input map.</param>
    /// <param name="windowSize">Rows and columns of a window.</param>
    /// <param name="room">Where logits find room: one for all workers.</param>
    public FusedWindowNetwork(Task<FusedProgram> compiling, int windows, MapRegion kept, WindowInput input, int windowSize, LogitsRoom room)
    {
        _compiling = compiling;
        BatchSize = windows;
        Kept = new(kept.Row, kept.Column, kept.Rows, kept.Columns);
        _input = input;
        _windowSize = windowSize;
        _room = room;
    }

    public Task Ready => _compiling;

    public int BatchSize { get; }

    public bool TakesFewer => true;

    public PixelRect Kept { get; }

    /// <summary>
    /// How many windows a worker computes at once. One of 512 × 512 pixels alone keeps its maps in the caches; with smaller ones it takes longer to read the
    /// kernels than to multiply with them, so several share that.
    /// </summary>
    /// <param name="windowSize">Rows and columns of a window.</param>
    public static int WindowsAtOnce(int windowSize) => (int)Math.Clamp(Pixels / ((long)windowSize * windowSize), 1, MostWindows);

    public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windows.Count, BatchSize);
        var program = _compiling.GetAwaiter().GetResult();
        if (program.Windows != BatchSize || (program.Kept.Rows, program.Kept.Columns) != (Kept.Rows, Kept.Columns))
            throw new InvalidOperationException("the program was compiled for other windows");
        _arenas ??= HostBuffer.Take(BatchSize * program.ArenaBytes);
        _scratchpad ??= HostBuffer.Take(Math.Max(1, program.ScratchpadBytes));
        Span<FusedMemory> memory = stackalloc FusedMemory[windows.Count];
        for (var i = 0; i < memory.Length; i++)
        {
            memory[i] = new(_arenas.Pointer + (nint)(i * program.ArenaBytes), _scratchpad.Pointer, Output: 0);
            _input.Write(windows[i].Span, _windowSize, program, memory[i]);
        }

        program.RunFirst(memory);
        // Only now: else every worker would hold logits all the time.
        var logits = new HostLogits(windows.Count, program.Classes, Kept.Rows, Kept.Columns, _room.Take());
        try
        {
            for (var i = 0; i < memory.Length; i++)
                memory[i] = memory[i] with { Output = logits.View.Pointer + (nint)(i * logits.View.ImageStride * sizeof(float)) };
            program.RunLast(memory);
            return logits;
        }
        catch
        {
            logits.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _arenas?.Dispose();
        _scratchpad?.Dispose();
    }
}
