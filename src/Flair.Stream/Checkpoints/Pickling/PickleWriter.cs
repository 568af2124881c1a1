using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Flair.Checkpoints.Pickling;

/// <summary>
/// Writes values as <c>torch.save</c> pickles them: protocol 2, tensors as <c>torch._utils._rebuild_tensor_v2</c> over storages that lie
/// beside the pickle. No other names are imported than those and <c>collections.OrderedDict</c>, so that
/// <c>torch.load(…, weights_only=True)</c> reads it. Opcodes are those that its unpickler takes.
/// </summary>
/// <remarks>
/// Takes what <see cref="PickleMachine"/> gives: null, bool, long, double, string, <c>object?[]</c> as a tuple, <c>List&lt;object?&gt;</c>
/// as a list, <see cref="PickleDict"/>; and <see cref="StoredTensor"/>, and <see cref="StateDict"/> as an OrderedDict.
/// </remarks>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Dictionary<string, int> _memo = new(StringComparer.Ordinal);
    private readonly List<StoredTensor> _storages = [];

    private PickleWriter()
    {
    }

    /// <summary>The pickle, and the tensors whose bytes belong beside it; a tensor's place in the list is its storage's name.</summary>
    public static (ReadOnlyMemory<byte> Pickle, IReadOnlyList<StoredTensor> Storages) Write(object? root)
    {
        var writer = new PickleWriter();
        writer.Put(Opcode.Proto, 2);
        writer.Value(root);
        writer.Put(Opcode.Stop);
        return (writer._output.WrittenMemory, writer._storages);
    }

    private void Value(object? value)
    {
        switch (value)
        {
            case null: Put(Opcode.None); break;
            case bool flag: Put(flag ? Opcode.NewTrue : Opcode.NewFalse); break;
            case int number: Integer(number); break;
            case long number: Integer(number); break;
            case double number: Float(number); break;
            case string text: Text(text); break;
            case StoredTensor tensor: Tensor(tensor); break;
            case StateDict state: State(state); break;
            case PickleDict dict: Dict(dict); break;
            case object?[] tuple: Tuple(tuple); break;
            case List<object?> list: List(list); break;
            default: throw new ArgumentException($"a {value.GetType()} has no form in a checkpoint", nameof(value));
        }
    }

    private void Integer(long value)
    {
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                Put(Opcode.BinInt1, (byte)value);
                break;
            case >= int.MinValue and <= int.MaxValue:
                Put(Opcode.BinInt);
                BinaryPrimitives.WriteInt32LittleEndian(Space(sizeof(int)), (int)value);
                break;
            default:
                Put(Opcode.Long1, sizeof(long));
                BinaryPrimitives.WriteInt64LittleEndian(Space(sizeof(long)), value);
                break;
        }
    }

    private void Float(double value)
    {
        Put(Opcode.BinFloat);
        BinaryPrimitives.WriteDoubleBigEndian(Space(sizeof(double)), value);
    }

    private void Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Put(Opcode.BinUnicode);
        BinaryPrimitives.WriteInt32LittleEndian(Space(sizeof(int)), bytes.Length);
        _output.Write(bytes);
    }

    private void Tuple(object?[] items)
    {
        if (items.Length > 0)
            Put(Opcode.Mark);
        foreach (var item in items)
            Value(item);
        Put(items.Length > 0 ? Opcode.Tuple : Opcode.EmptyTuple);
    }

    private void List(List<object?> items)
    {
        Put(Opcode.EmptyList);
        if (items.Count == 0)
            return;
        Put(Opcode.Mark);
        foreach (var item in items)
            Value(item);
        Put(Opcode.Appends);
    }

    private void Dict(PickleDict dict)
    {
        Put(Opcode.EmptyDict);
        Items(dict.Items);
    }

    private void State(StateDict state)
    {
        OrderedDict();
        Items(state.Select(entry => new KeyValuePair<object?, object?>(entry.Key, entry.Value)));
    }

    private void Items(IEnumerable<KeyValuePair<object?, object?>> items)
    {
        Put(Opcode.Mark);
        foreach (var (key, value) in items)
        {
            Value(key);
            Value(value);
        }

        Put(Opcode.SetItems);
    }

    /// <summary><c>_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)</c>.</summary>
    private void Tensor(StoredTensor tensor)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Put(Opcode.Mark);
        Storage(tensor);
        Integer(0);
        Tuple([.. tensor.Shape]);
        Tuple([.. Strides(tensor.Shape)]);
        Put(Opcode.NewFalse);
        OrderedDict();
        Put(Opcode.Tuple);
        Put(Opcode.Reduce);
    }

    /// <summary>The persistent id <c>('storage', class, key, 'cpu', count)</c>.</summary>
    private void Storage(StoredTensor tensor)
    {
        Put(Opcode.Mark);
        Word("storage");
        Global("torch", PickleGlobals.StorageClass(tensor.Type));
        Text(_storages.Count.ToString(CultureInfo.InvariantCulture));
        Word("cpu");
        Integer(tensor.Data.Length / tensor.Type.Size());
        Put(Opcode.Tuple);
        Put(Opcode.BinPersId);
        _storages.Add(tensor);
    }

    private void OrderedDict()
    {
        Global("collections", "OrderedDict");
        Put(Opcode.EmptyTuple);
        Put(Opcode.Reduce);
    }

    private void Global(string module, string name) => Once($"{module}\n{name}\n", text =>
    {
        Put(Opcode.Global);
        _output.Write(Encoding.ASCII.GetBytes(text));
    });

    /// <summary>A text that each tensor repeats.</summary>
    private void Word(string text) => Once(text, Text);

    /// <summary>Writes it the first time and refers to it from then on.</summary>
    private void Once(string text, Action<string> write)
    {
        if (_memo.TryGetValue(text, out var index))
        {
            Put(Opcode.BinGet, (byte)index);
            return;
        }

        write(text);
        _memo.Add(text, _memo.Count);
        Put(Opcode.BinPut, (byte)(_memo.Count - 1));
    }

    private void Put(Opcode opcode) => Space(1)[0] = (byte)opcode;

    private void Put(Opcode opcode, byte argument)
    {
        Put(opcode);
        Space(1)[0] = argument;
    }

    private Span<byte> Space(int count)
    {
        var space = _output.GetSpan(count)[..count];
        _output.Advance(count);
        return space;
    }

    private static object?[] Strides(IReadOnlyList<long> shape)
    {
        var strides = new object?[shape.Count];
        var step = 1L;
        for (var i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= Math.Max(1, shape[i]);
        }

        return strides;
    }
}
