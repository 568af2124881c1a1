using System.Runtime.InteropServices;
using System.Text;

namespace Flair.Torch.Interop;

/// <summary>An operator of libtorch, found by its schema's name at the first call. Arguments that are left out take the schema's defaults.</summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    private const int MostResults = 64;

    private nint _operator;

    /// <summary>Calls an operator that returns one tensor.</summary>
    public Tensor Run(params ReadOnlySpan<Arg> args)
    {
        NativeValue result;
        Invoke(args, &result, 1);
        return new Tensor(result.Pointer);
    }

    /// <summary>Calls an operator that changes <paramref name="self"/>, its first argument, and returns it.</summary>
    public Tensor RunInPlace(Tensor self, params ReadOnlySpan<Arg> others)
    {
        var args = new Arg[others.Length + 1];
        args[0] = self;
        others.CopyTo(args.AsSpan(1));
        Invoke(args, null, 0);
        return self;
    }

    /// <summary>Calls an operator that returns several tensors, or a list of them.</summary>
    public Tensor[] RunMany(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc NativeValue[MostResults];
        var tensors = new Tensor[Invoke(args, results, MostResults)];
        for (var i = 0; i < tensors.Length; i++)
            tensors[i] = new Tensor(results[i].Pointer);
        return tensors;
    }

    private nint Resolve()
    {
        // Two threads may both resolve; both handles are good for ever.
        if (_operator == 0)
        {
            var found = Native.FindOp(name, overload);
            _operator = found != 0 ? found : throw Native.Failure(name);
        }

        return _operator;
    }

    private int Invoke(ReadOnlySpan<Arg> args, NativeValue* results, int capacity)
    {
        using var call = new CallFrame(args.Length);
        fixed (NativeValue* values = call.Values)
        {
            for (var i = 0; i < args.Length; i++)
                call.Box(args[i], ref values[i]);
            return Native.Check(Native.Call(Resolve(), values, args.Length, LibTorch.GradMode, results, capacity), name);
        }
    }

    /// <summary>Keeps what the native arguments point to in place: tensors undisposed, arrays unmoved.</summary>
    private ref struct CallFrame(int count)
    {
        private readonly List<Tensor> _tensors = new(count);
        private readonly List<GCHandle> _pins = [];

        public NativeValue[] Values { get; } = new NativeValue[count];

        public readonly void Box(Arg arg, ref NativeValue value)
        {
            value.Kind = arg.Kind;
            switch (arg.Kind)
            {
                case ArgKind.Tensor:
                    value.Pointer = Hold((Tensor)arg.Reference!);
                    break;
                case ArgKind.TensorList:
                    var tensors = (Tensor[])arg.Reference!;
                    var handles = new nint[tensors.Length];
                    for (var i = 0; i < tensors.Length; i++)
                        handles[i] = Hold(tensors[i]);
                    value.Pointer = Pin(handles, out value.Count);
                    break;
                case ArgKind.IntegerList:
                    value.Pointer = Pin((long[])arg.Reference!, out value.Count);
                    break;
                case ArgKind.RealList:
                    value.Pointer = Pin((double[])arg.Reference!, out value.Count);
                    break;
                case ArgKind.Text:
                    value.Pointer = Pin(Encoding.UTF8.GetBytes((string)arg.Reference!), out value.Count);
                    break;
                case ArgKind.Real:
                    value.Real = arg.Real;
                    break;
                default:
                    value.Integer = arg.Integer;
                    break;
            }
        }

        public readonly void Dispose()
        {
            foreach (var tensor in _tensors)
                tensor.DangerousRelease();
            foreach (var pin in _pins)
                pin.Free();
        }

        private readonly nint Hold(Tensor tensor)
        {
            var added = false;
            tensor.DangerousAddRef(ref added);
            _tensors.Add(tensor);
            return tensor.DangerousGetHandle();
        }

        private readonly nint Pin<T>(T[] array, out int length)
        {
            length = array.Length;
            var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            _pins.Add(pin);
            return pin.AddrOfPinnedObject();
        }
    }
}
