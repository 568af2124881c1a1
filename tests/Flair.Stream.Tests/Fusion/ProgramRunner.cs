using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Flair.Batching;
using Flair.Fusion;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Fusion;

/// <summary>A program and memory to run it in.</summary>
internal sealed unsafe class ProgramRunner : IDisposable
{
    private const nuint Alignment = 64;

    private readonly FusedProgram _program;
    private readonly int _size;
    private readonly float[] _logits;
    private readonly nint _arena;
    private readonly nint _scratchpad;

    /// <param name="program">The program; the caller's.</param>
    /// <param name="size">Rows and columns of its windows.</param>
    public ProgramRunner(FusedProgram program, int size)
    {
        _program = program;
        _size = size;
        _logits = new float[program.Kept.Area * program.Classes];
        _arena = (nint)NativeMemory.AlignedAlloc((nuint)program.ArenaBytes, Alignment);
        _scratchpad = (nint)NativeMemory.AlignedAlloc((nuint)program.ScratchpadBytes + 1, Alignment);
    }

    /// <summary>Runs something on a thread that is set up as a worker's.</summary>
    public static T OnWorker<T>(Func<T> work)
    {
        var result = default(T);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                OneDnnLibrary.UseThreads(1);
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        return result!;
    }

    /// <summary>Runs a program once.</summary>
    public static float[] Run(FusedProgram program, int size, float[] normalized)
    {
        using var runner = new ProgramRunner(program, size);
        return runner.Run(normalized);
    }

    /// <summary>The same with an input map of its type.</summary>
    public static float[] RunSamples(FusedProgram program, int size, float[] normalized)
    {
        var settings = new NormalizationSettings { Type = NormalizationType.Without };
        var normalizer = new Normalizer(settings, normalized.Length / size / size, SampleType.Float32, 1);
        using var runner = new ProgramRunner(program, size);
        return runner.Run(new WindowInput(settings, normalizer, SampleType.Float32, 1, program.InputType), [.. MemoryMarshal.AsBytes<float>(normalized)]);
    }

    /// <summary>Fills the memory of maps and what lies beside.</summary>
    public void Fill(byte value)
    {
        NativeMemory.Fill((void*)_arena, (nuint)_program.ArenaBytes, value);
        NativeMemory.Fill((void*)_scratchpad, (nuint)_program.ScratchpadBytes, value);
    }

    /// <summary>The logits, [row][column][class], of a normalized window [channel][row][column].</summary>
    public float[] Run(float[] normalized, MapObserver? observer = null) =>
        Run(memory => WindowInput.WriteNormalized(normalized, _size * _size, _program.InputIn(memory)), observer);

    /// <summary>The same of raw values.</summary>
    public float[] Run(WindowInput input, byte[] raw) => Run(memory => input.Write(raw, _size, _program, memory));

    public void Dispose()
    {
        NativeMemory.AlignedFree((void*)_arena);
        NativeMemory.AlignedFree((void*)_scratchpad);
    }

    private float[] Run(Action<FusedMemory> write, MapObserver? observer = null)
    {
        fixed (float* logits = _logits)
        {
            var memory = new FusedMemory(_arena, _scratchpad, (nint)logits);
            write(memory);
            _program.Run([memory], observer);
        }

        return [.. _logits];
    }
}
