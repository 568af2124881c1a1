using Flair.Inference;
using Flair.Torch;

namespace Flair.Fusion;

/// <summary>A fused program with memory of its own: one thread's worker. Workers share the program and its weights.</summary>
internal sealed class FusedWindowNetwork : IWindowNetwork
{
    private readonly FusedProgram _program;
    private readonly WindowInput _input;
    private readonly int _windowSize;
    private readonly Tensor _arena;
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
        _arena = Creation.Empty([program.ArenaBytes], TorchScalarType.UInt8);
        _scratchpad = Creation.Empty([Math.Max(1, program.ScratchpadBytes)], TorchScalarType.UInt8);
    }

    /// <summary>One: a window alone keeps its maps in the caches.</summary>
    public int BatchSize => 1;

    public PixelRect Kept => new(_program.Kept.Row, _program.Kept.Column, _program.Kept.Rows, _program.Kept.Columns);

    public Tensor Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(windows.Count, 1);
        using var logits = Creation.Empty([1, _program.Kept.Rows, _program.Kept.Columns, _program.Classes]);
        var memory = new FusedMemory(_arena.DataPointer, _scratchpad.DataPointer, logits.DataPointer);
        _input.Write(windows[0].Span, _windowSize, _program, memory);
        _program.Run(memory);
        return logits.Permute(0, 3, 1, 2);
    }

    public void Dispose()
    {
        _arena.Dispose();
        _scratchpad.Dispose();
    }
}
