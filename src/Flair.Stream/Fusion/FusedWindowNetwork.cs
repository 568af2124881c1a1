using Flair.Inference;
using Flair.Kernels;

namespace Flair.Fusion;

/// <summary>A fused program with memory of its own: one thread's worker. Workers share the program and its weights.</summary>
internal sealed class FusedWindowNetwork : IWindowNetwork
{
    // What a worker computes at once: more maps would only leave the caches sooner.
    private const int Pixels = 512 * 512;
    private const int MostWindows = 4;

    private readonly FusedProgram _program;
    private readonly WindowInput _input;
    private readonly int _windowSize;
    private readonly HostBuffer _arenas;
    private readonly HostBuffer _scratchpad;

    /// <summary>Takes the memory.</summary>
    /// <param name="program">The program; it must outlive this.</param>
    /// <param name="input">Writes its input map.</param>
    /// <param name="windowSize">Rows and columns of a window.</param>
    public FusedWindowNetwork(FusedProgram program, WindowInput input, int windowSize)
    {
        _program = program;
        _input = input;
        _windowSize = windowSize;
        _arenas = HostBuffer.Take(program.Windows * program.ArenaBytes);
        _scratchpad = HostBuffer.Take(Math.Max(1, program.ScratchpadBytes));
    }

    public int BatchSize => _program.Windows;

    public bool TakesFewer => true;

    public PixelRect Kept => new(_program.Kept.Row, _program.Kept.Column, _program.Kept.Rows, _program.Kept.Columns);

    /// <summary>
    /// How many windows a worker computes at once. One of 512 × 512 pixels alone keeps its maps in the caches; with smaller ones it takes longer to read the
    /// kernels than to multiply with them, so several share that.
    /// </summary>
    /// <param name="windowSize">Rows and columns of a window.</param>
    public static int WindowsAtOnce(int windowSize) => (int)Math.Clamp(Pixels / ((long)windowSize * windowSize), 1, MostWindows);

    public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windows.Count, BatchSize);
        var logits = new HostLogits(windows.Count, _program.Classes, _program.Kept.Rows, _program.Kept.Columns);
        try
        {
            Span<FusedMemory> memory = stackalloc FusedMemory[windows.Count];
            for (var i = 0; i < memory.Length; i++)
            {
                memory[i] = new(_arenas.Pointer + (nint)(i * _program.ArenaBytes), _scratchpad.Pointer, logits.View.Pointer + (nint)(i * logits.View.ImageStride * sizeof(float)));
                _input.Write(windows[i].Span, _windowSize, _program, memory[i]);
            }

            _program.Run(memory);
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
        _arenas.Dispose();
        _scratchpad.Dispose();
    }
}
