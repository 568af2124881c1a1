using Flair.Inference;
using Flair.Torch;

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
    private readonly Tensor _arenas;
    private readonly Tensor _scratchpad;

    /// <summary>Takes the memory.</summary>
    /// <param name="program">The program; it must outlive this.</param>
    /// <param name="input">Writes its input map.</param>
    /// <param name="windowSize">Rows and columns of a window.</param>
    public FusedWindowNetwork(FusedProgram program, WindowInput input, int windowSize)
    {
        _program = program;
        _input = input;
        _windowSize = windowSize;
        // Tensors because their memory is aligned and in huge pages.
        _arenas = Creation.Empty([program.Windows, program.ArenaBytes], TorchScalarType.UInt8);
        _scratchpad = Creation.Empty([Math.Max(1, program.ScratchpadBytes)], TorchScalarType.UInt8);
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

    public Tensor Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windows.Count, BatchSize);
        using var logits = Creation.Empty([windows.Count, _program.Kept.Rows, _program.Kept.Columns, _program.Classes]);
        Span<FusedMemory> memory = stackalloc FusedMemory[windows.Count];
        var logitsBytes = logits.ElementCount / windows.Count * sizeof(float);
        for (var i = 0; i < memory.Length; i++)
        {
            memory[i] = new(_arenas.DataPointer + (nint)(i * _program.ArenaBytes), _scratchpad.DataPointer, logits.DataPointer + (nint)(i * logitsBytes));
            _input.Write(windows[i].Span, _windowSize, _program, memory[i]);
        }

        _program.Run(memory);
        return logits.Permute(0, 3, 1, 2);
    }

    public void Dispose()
    {
        _arenas.Dispose();
        _scratchpad.Dispose();
    }
}
