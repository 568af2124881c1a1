using System.Runtime.InteropServices;
using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>Turns strided views of storages into row-major tensors. A view that is row-major already shares the storage's memory.</summary>
internal sealed class TensorReader(StorageSource storages, AllocationBudget budget)
{
    /// <summary>The tensors of the state dict that a pickled object is or holds.</summary>
    /// <exception cref="FlairException">It holds none.</exception>
    public StateDict ReadState(object? root)
    {
        var state = new StateDict();
        foreach (var (name, tensor) in StateDictSelection.Select(root))
            state.Add(name, Read(name, tensor));
        return state;
    }

    /// <summary>The values of a tensor.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="tensor">Its description.</param>
    public StoredTensor Read(string name, PickledTensor tensor)
    {
        var count = TensorShape.Elements(tensor.Shape);
        var size = tensor.Type.Size();
        if (count == 0)
            return new(tensor.Type, tensor.Shape, ReadOnlyMemory<byte>.Empty);

        var bytes = storages.Get(tensor.Storage);
        if (IsRowMajor(tensor))
            return new(tensor.Type, tensor.Shape, bytes.Slice((int)(tensor.Offset * size), (int)(count * size)));

        var copy = budget.Allocate(count * size, $"tensor {name}");
        switch (size)
        {
            case 1: Gather(bytes.Span, copy.AsSpan(), tensor); break;
            case 2: Gather(MemoryMarshal.Cast<byte, ushort>(bytes.Span), MemoryMarshal.Cast<byte, ushort>(copy.AsSpan()), tensor); break;
            case 4: Gather(MemoryMarshal.Cast<byte, uint>(bytes.Span), MemoryMarshal.Cast<byte, uint>(copy.AsSpan()), tensor); break;
            default: Gather(MemoryMarshal.Cast<byte, ulong>(bytes.Span), MemoryMarshal.Cast<byte, ulong>(copy.AsSpan()), tensor); break;
        }

        return new(tensor.Type, tensor.Shape, copy);
    }

    private static bool IsRowMajor(PickledTensor tensor)
    {
        var expected = 1L;
        for (var i = tensor.Shape.Length - 1; i >= 0; i--)
        {
            if (tensor.Shape[i] != 1 && tensor.Strides[i] != expected)
                return false;
            expected *= tensor.Shape[i];
        }

        return true;
    }

    /// <summary>Copies row by row of the last dimension; the other indices count up like an odometer.</summary>
    private static void Gather<T>(ReadOnlySpan<T> source, Span<T> target, PickledTensor tensor)
        where T : unmanaged
    {
        // Without its sides of 1, each step of the odometer turns less than two wheels on average, however many dimensions there are.
        int[] wheels = [.. Enumerable.Range(0, tensor.Shape.Length).Where(i => tensor.Shape[i] > 1)];
        long[] shape = wheels.Length == 0 ? [1] : [.. wheels.Select(i => tensor.Shape[i])];
        long[] strides = wheels.Length == 0 ? [0] : [.. wheels.Select(i => tensor.Strides[i])];
        var last = shape.Length - 1;
        var index = new long[shape.Length];
        var start = tensor.Offset;
        for (var written = 0; written < target.Length;)
        {
            for (var i = 0; i < shape[last]; i++)
                target[written++] = source[(int)(start + (i * strides[last]))];

            for (var d = last - 1; d >= 0; d--)
            {
                start += strides[d];
                if (++index[d] < shape[d])
                    break;
                start -= strides[d] * shape[d];
                index[d] = 0;
            }
        }
    }
}
