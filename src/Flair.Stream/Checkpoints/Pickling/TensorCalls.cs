namespace Flair.Checkpoints.Pickling;

/// <summary>What the few calls that checkpoints are made of return. Nothing else is ever called.</summary>
internal static class TensorCalls
{
    private const int MaximumDimensions = 64;

    /// <summary>The value of <paramref name="callee"/>(<paramref name="arguments"/>).</summary>
    public static object? Call(object? callee, object? arguments, int depth = 0)
    {
        if (callee is PickleOpaque opaque)
            return new PickleOpaque(opaque.ClassName);
        if (callee is not PickleGlobal global)
            throw new InvalidDataException("its description of the tensors calls something that is no function");
        if (arguments is not object?[] values)
            return new PickleOpaque(global.ToString());

        return PickleGlobals.CallOf(global) switch
        {
            PickleCall.Dict => new PickleDict(values.OfType<List<object?>>().FirstOrDefault()),
            PickleCall.Tensor when values.Length >= 4 => MakeTensor(values, null),
            PickleCall.TypedTensor when values.Length >= 7 => MakeTensor(values, values[6]),
            PickleCall.Parameter when values.Length >= 1 => values[0],
            PickleCall.TensorOfType when values.Length >= 3 && depth < 4 => Call(values[0], values[2], depth + 1),
            PickleCall.Size when values is [IReadOnlyList<object?> size] => size,
            _ => new PickleOpaque(global.ToString()),
        };
    }

    /// <summary>The storage that a persistent id names: ('storage', class, key, device, count[, view]).</summary>
    public static object Storage(object? id)
    {
        if (id is not object?[] { Length: >= 5 } values || values[0] is not "storage")
            return new PickleOpaque("a persistent id");
        var key = values[2] switch
        {
            string text => text,
            long number => number.ToString(),
            _ => throw new InvalidDataException("a storage has no name"),
        };
        if (values[1] is not PickleGlobal storageClass || values[4] is not long count || count < 0)
            throw new InvalidDataException($"the description of storage {key} is damaged");
        if (PickleGlobals.StorageType(storageClass) is not { } type)
            return new PickleOpaque(storageClass.ToString());
        if (count > long.MaxValue / 8)
            throw new InvalidDataException($"storage {key} claims {count} elements");

        // Before PyTorch 1.6 a storage could be part of another: (key, offset, count).
        if (values.Length >= 6 && values[5] is object?[] view)
        {
            return view is [_, long offset, long viewCount] && offset >= 0 && viewCount >= 0 && offset <= count && viewCount <= count - offset
                ? new PickledStorage(key, type, count, offset, viewCount)
                : throw new InvalidDataException($"the view of storage {key} reaches beyond its end");
        }

        return new PickledStorage(key, type, count, 0, count);
    }

    private static object MakeTensor(object?[] arguments, object? typeName)
    {
        if (arguments[0] is PickleOpaque unknown)
            return unknown;
        if (arguments[0] is not PickledStorage storage || arguments[1] is not long offset || offset < 0
            || Dimensions(arguments[2]) is not { } shape || Dimensions(arguments[3]) is not { } strides || strides.Length != shape.Length)
        {
            throw new InvalidDataException("the description of a tensor is damaged");
        }

        var type = storage.Type;
        var count = storage.Count;
        if (typeName is not null)
        {
            // A storage of bytes and the type apart.
            if (typeName is not PickleGlobal name || PickleGlobals.ElementType(name) is not { } elementType)
                return new PickleOpaque(typeName.ToString() ?? "a tensor");
            type = elementType;
            count = count * storage.Type.Size() / type.Size();
        }

        CheckExtent(storage.Key, count, offset, shape, strides);
        return new PickledTensor(storage, type, offset, shape, strides);
    }

    private static long[]? Dimensions(object? value)
    {
        if (value is not IReadOnlyList<object?> { Count: <= MaximumDimensions } list)
            return null;
        var dimensions = new long[list.Count];
        for (var i = 0; i < dimensions.Length; i++)
        {
            if (list[i] is not long dimension || dimension < 0)
                return null;
            dimensions[i] = dimension;
        }

        return dimensions;
    }

    private static void CheckExtent(string key, long count, long offset, long[] shape, long[] strides)
    {
        var elements = (Int128)1;
        var last = (Int128)offset;
        for (var i = 0; i < shape.Length; i++)
        {
            elements *= shape[i];
            last += (Int128)(shape[i] - 1) * strides[i];
            if (elements > long.MaxValue / 8 || last > long.MaxValue / 8)
                throw new InvalidDataException($"a tensor of storage {key} has the impossible shape [{string.Join(", ", shape)}]");
        }

        if (elements > 0 && last >= count)
            throw new InvalidDataException($"a tensor [{string.Join(", ", shape)}] reaches beyond the {count} elements of storage {key}");
    }
}
