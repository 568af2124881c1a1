using Flair.Models.Graphs;
using Flair.OneDnn;

namespace Flair.Fusion;

/// <summary>Sees each map as it is computed; see <see cref="FusedProgram.Run"/>.</summary>
/// <param name="node">Which map.</param>
/// <param name="values">It, [row][column][channel].</param>
internal delegate void MapObserver(MapNode node, ReadOnlySpan<float> values);

/// <summary>
/// A network as a sequence of passes over planned memory, for one window, or for several small ones at once: convolutions with bias, sum and ReLU in them, no map where the next
/// pass can do without, types chosen map by map. Any number of threads may run it at once, each with memory of its own.
/// </summary>
internal sealed class FusedProgram : IDisposable
{
    private readonly FusedStep[] _steps;
    private readonly int _beforeLogits;
    private readonly IReadOnlyDictionary<MapNode, MapRegion> _regions;
    private readonly MapBuffer _input;

    internal FusedProgram(IReadOnlyList<FusedStep> steps, IReadOnlyDictionary<MapNode, MapRegion> regions, MapBuffer input, NetworkGraph graph, MapType inputType, int windows, long arenaBytes)
    {
        _steps = [.. steps];
        _beforeLogits = Array.FindIndex(_steps, step => step.Output is null);
        _regions = regions;
        _input = input;
        InputType = inputType;
        Windows = windows;
        Kept = regions[graph.Output];
        Classes = graph.Output.Channels;
        ArenaBytes = arenaBytes;
        ScratchpadBytes = steps.Max(step => step.ScratchpadBytes);
    }

    /// <summary>Type of the input map; bytes: it is packed (<see cref="PackedWindow"/>).</summary>
    public MapType InputType { get; }

    /// <summary>Windows that may be computed at once.</summary>
    public int Windows { get; }

    /// <summary>The part of a window that logits are computed for.</summary>
    public MapRegion Kept { get; }

    /// <summary>Logits a pixel.</summary>
    public int Classes { get; }

    /// <summary>Memory for maps that each window needs.</summary>
    public long ArenaBytes { get; }

    /// <summary>Memory beside maps that a running thread needs.</summary>
    public long ScratchpadBytes { get; }

    /// <summary>The passes in order: the map's name and the kernel that computes it.</summary>
    public IEnumerable<(string Map, string Implementation)> Passes => _steps.Select(step => (step.Node.Name, step.Implementation));

    /// <summary>Where the input map goes: [row][column][channel] of <see cref="InputType"/>, or packed.</summary>
    public nint InputIn(in FusedMemory memory) => memory.Arena + (nint)_input.Offset;

    /// <summary>Computes the logits, [row][column][class] in single precision, of windows whose input maps are in place; of each the same as alone.</summary>
    /// <param name="windows">Their memory, 1 to <see cref="Windows"/>; the scratchpad is one for all of them.</param>
    /// <param name="observer">Sees every map that a program in single precision computes as a whole; null: nobody does.</param>
    /// <exception cref="OneDnnException">oneDNN failed.</exception>
    public void Run(ReadOnlySpan<FusedMemory> windows, MapObserver? observer = null) => RunSteps(_steps, windows, observer);

    /// <summary>Computes all that <see cref="RunLast"/> needs for the logits, whose memory need not be there yet.</summary>
    /// <param name="windows">As for <see cref="Run"/>.</param>
    public void RunFirst(ReadOnlySpan<FusedMemory> windows) => RunSteps(_steps.AsSpan(0, _beforeLogits), windows, null);

    /// <summary>Computes the logits, after <see cref="RunFirst"/> with the same memory.</summary>
    /// <param name="windows">As for <see cref="Run"/>.</param>
    public void RunLast(ReadOnlySpan<FusedMemory> windows) => RunSteps(_steps.AsSpan(_beforeLogits), windows, null);

    private unsafe void RunSteps(ReadOnlySpan<FusedStep> steps, ReadOnlySpan<FusedMemory> windows, MapObserver? observer)
    {
        foreach (var step in steps)
        {
            step.Run(windows);
            if (observer is null || !step.Completes)
                continue;
            foreach (ref readonly var memory in windows)
                observer(step.Node, new ReadOnlySpan<float>(memory.Of(step.Output), checked((int)(_regions[step.Node].Area * step.Node.Channels))));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var step in _steps)
            step.Dispose();
    }
}
