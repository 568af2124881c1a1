using System.Numerics;

namespace Flair.Checkpoints.Pickling;

/// <summary>
/// Reads a pickle as data (Python's <c>pickletools</c> documents the opcodes). Where Python would import and call, this machine makes
/// a tensor's description for the few functions that checkpoints are made of and an inert object for all others; nothing is ever
/// run. It keeps no recursion and no length that the file could set, and stops after <see cref="MaximumOperations"/> opcodes.
/// </summary>
internal sealed class PickleMachine
{
    /// <summary>A bound on the objects a hostile pickle makes; the largest checkpoints have some hundred thousand opcodes.</summary>
    public const int MaximumOperations = 4_000_000;

    private static readonly object Mark = new();

    private readonly PickleInput _input;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];

    private PickleMachine(PickleInput input) => _input = input;

    /// <summary>The storages that the pickle names, by key, in the order of their first mention.</summary>
    public OrderedDictionary<string, PickledStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>The value that one pickle holds; the stream is left behind it.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="FlairException">It names something that no checkpoint needs, or uses too much.</exception>
    public static object? Read(Stream stream) => Read(stream, out _);

    /// <inheritdoc cref="Read(Stream)"/>
    public static object? Read(Stream stream, out PickleMachine machine)
    {
        machine = new PickleMachine(new PickleInput(stream));
        for (var operations = 0; operations < MaximumOperations; operations++)
        {
            var opcode = (Opcode)machine._input.ReadByte();
            if (opcode == Opcode.Stop)
                return machine.Pop();
            if (!machine.Constant(opcode) && !machine.Container(opcode) && !machine.Memory(opcode) && !machine.Object(opcode))
                throw new InvalidDataException($"its description of the tensors has the unknown opcode 0x{(byte)opcode:x2}");
        }

        throw new FlairException("its pickle has more than 4 million opcodes, so it is no ordinary checkpoint and is not read; save model.state_dict() alone");
    }

    private bool Constant(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.None: Push(null); break;
            case Opcode.NewTrue: Push(true); break;
            case Opcode.NewFalse: Push(false); break;
            case Opcode.BinInt: Push((long)_input.ReadInt32()); break;
            case Opcode.BinInt1: Push((long)_input.ReadByte()); break;
            case Opcode.BinInt2: Push((long)_input.ReadUInt16()); break;
            case Opcode.Long1: PushInteger(_input.ReadBytes(_input.ReadByte())); break;
            case Opcode.Long4: PushInteger(_input.ReadInteger()); break;
            case Opcode.BinFloat: Push(_input.ReadDouble()); break;
            case Opcode.ShortBinString or Opcode.ShortBinUnicode: Push(_input.ReadText(_input.ReadByte())); break;
            case Opcode.BinString: Push(_input.ReadText(_input.ReadInt32())); break;
            case Opcode.BinUnicode: Push(_input.ReadText((uint)_input.ReadInt32())); break;
            case Opcode.BinUnicode8: Push(_input.ReadText(_input.ReadInt64())); break;
            case Opcode.ShortBinBytes: Push(_input.ReadBytes(_input.ReadByte())); break;
            case Opcode.BinBytes: Push(_input.ReadBytes((uint)_input.ReadInt32())); break;
            case Opcode.BinBytes8 or Opcode.ByteArray8: Push(_input.ReadBytes(_input.ReadInt64())); break;
            default: return false;
        }

        return true;
    }

    private bool Container(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Mark: Push(Mark); break;
            case Opcode.EmptyDict: Push(new PickleDict()); break;
            case Opcode.EmptyList or Opcode.EmptySet: Push(new List<object?>()); break;
            case Opcode.EmptyTuple: Push(Array.Empty<object?>()); break;
            case Opcode.Tuple: Push(PopToMark()); break;
            case Opcode.Tuple1: Push(PopMany(1)); break;
            case Opcode.Tuple2: Push(PopMany(2)); break;
            case Opcode.Tuple3: Push(PopMany(3)); break;
            case Opcode.List or Opcode.FrozenSet: Push(PopToMark().ToList()); break;
            case Opcode.Dict:
                {
                    var items = PopToMark();
                    var dict = new PickleDict();
                    AddItems(dict, items);
                    Push(dict);
                    break;
                }

            case Opcode.Append: Append(PopMany(1)); break;
            case Opcode.Appends or Opcode.AddItems: Append(PopToMark()); break;
            case Opcode.SetItem: SetItems(PopMany(2)); break;
            case Opcode.SetItems: SetItems(PopToMark()); break;
            default: return false;
        }

        return true;
    }

    private bool Memory(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Proto:
                if (_input.ReadByte() > 5)
                    throw new InvalidDataException("it uses a pickle protocol above 5");
                break;
            case Opcode.Frame: _input.ReadInt64(); break;
            case Opcode.Pop: Pop(mayBeMark: true); break;
            case Opcode.PopMark: PopToMark(); break;
            case Opcode.Dup: Push(Peek()); break;
            case Opcode.BinPut: _memo[_input.ReadByte()] = Peek(); break;
            case Opcode.LongBinPut: _memo[(uint)_input.ReadInt32()] = Peek(); break;
            case Opcode.Memoize: _memo[_memo.Count] = Peek(); break;
            case Opcode.BinGet: Push(Recall(_input.ReadByte())); break;
            case Opcode.LongBinGet: Push(Recall((uint)_input.ReadInt32())); break;
            default: return false;
        }

        return true;
    }

    private bool Object(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Global: Push(Global(_input.ReadLine(), _input.ReadLine())); break;
            case Opcode.StackGlobal:
                {
                    var names = PopMany(2);
                    Push(names is [string module, string name] ? Global(module, name) : throw new InvalidDataException("a name to import is not text"));
                    break;
                }

            case Opcode.Inst:
                {
                    var callee = Global(_input.ReadLine(), _input.ReadLine());
                    Push(TensorCalls.Call(callee, PopToMark()));
                    break;
                }

            case Opcode.Reduce or Opcode.NewObj:
                {
                    var call = PopMany(2);
                    Push(TensorCalls.Call(call[0], call[1]));
                    break;
                }

            case Opcode.NewObjEx:
                {
                    var call = PopMany(3);
                    Push(TensorCalls.Call(call[0], call[1]));
                    break;
                }

            // An object's attributes, e.g. the versions of a state dict's modules. None of them is needed.
            case Opcode.Build:
                PopMany(1);
                Peek();
                break;
            case Opcode.BinPersId:
                {
                    var storage = TensorCalls.Storage(Pop());
                    if (storage is PickledStorage known)
                        Storages.TryAdd(known.Key, known);
                    Push(storage);
                    break;
                }

            case Opcode.Int or Opcode.Float or Opcode.Long or Opcode.String or Opcode.Unicode or Opcode.PersId or Opcode.Get or Opcode.Put or Opcode.Obj:
                throw new FlairException("it was pickled with protocol 0 or 1, which is not read; load it where it was made and torch.save it again");
            case Opcode.Ext1 or Opcode.Ext2 or Opcode.Ext4 or Opcode.NextBuffer or Opcode.ReadOnlyBuffer:
                throw new FlairException("its pickle refers to something outside of the file and cannot be read; save model.state_dict() with torch.save");
            default: return false;
        }

        return true;
    }

    private static PickleGlobal Global(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        return PickleGlobals.IsForbidden(global)
            ? throw new FlairException($"loading it in Python would call {global}, which no model needs; nothing of it was run: do not open this file elsewhere, and get the weights from a source you trust")
            : global;
    }

    private void PushInteger(byte[] bytes)
    {
        var number = new BigInteger(bytes);
        if (number >= long.MinValue && number <= long.MaxValue)
            Push((long)number);
        else
            Push(number);
    }

    private void Append(object?[] items)
    {
        switch (Peek())
        {
            case List<object?> list: list.AddRange(items); break;
            case PickleOpaque: break;
            default: throw new InvalidDataException("its description of the tensors appends to what is no list");
        }
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not PickleDict dict)
            throw new InvalidDataException("its description of the tensors sets an item of what is no dict");
        AddItems(dict, items);
    }

    private static void AddItems(PickleDict dict, object?[] items)
    {
        if (items.Length % 2 != 0)
            throw new InvalidDataException("its description of the tensors has a key without a value");
        for (var i = 0; i < items.Length; i += 2)
            dict.Add(items[i], items[i + 1]);
    }

    private object? Recall(long index) =>
        _memo.TryGetValue(index, out var value) ? value : throw new InvalidDataException("its description of the tensors refers to what it has not made");

    private void Push(object? value) => _stack.Add(value);

    private object? Pop(bool mayBeMark = false)
    {
        if (_stack.Count == 0 || (_stack[^1] == Mark && !mayBeMark))
            throw new InvalidDataException("its description of the tensors takes more than it has made");
        var value = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object? Peek()
    {
        var value = Pop();
        Push(value);
        return value;
    }

    private object?[] PopMany(int count)
    {
        var values = new object?[count];
        while (count > 0)
            values[--count] = Pop();
        return values;
    }

    private object?[] PopToMark()
    {
        var mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
            throw new InvalidDataException("its description of the tensors takes more than it has made");
        object?[] values = [.. _stack[(mark + 1)..]];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return values;
    }
}
