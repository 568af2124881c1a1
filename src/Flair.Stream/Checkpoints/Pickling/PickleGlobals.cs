namespace Flair.Checkpoints.Pickling;

/// <summary>What the names mean that a checkpoint imports. Those not found here are kept as inert <see cref="PickleOpaque"/> objects.</summary>
internal static class PickleGlobals
{
    // Packages that reach outside of the interpreter or make code. No tensor, hyperparameter or optimizer is made of them, so that a
    // file that names one is an attack or at best not a checkpoint: it is refused even though we would run nothing of it.
    private static readonly HashSet<string> ForbiddenPackages = new(StringComparer.Ordinal)
    {
        "os", "posix", "nt", "sys", "subprocess", "commands", "popen2", "pty", "platform", "shutil", "socket", "ssl", "runpy",
        "importlib", "imp", "pkgutil", "ctypes", "_ctypes", "cffi", "code", "codeop", "marshal", "pickle", "_pickle", "cPickle", "dill",
        "webbrowser", "timeit", "bdb", "pdb", "trace", "profile", "cProfile", "asyncio", "multiprocessing", "threading", "_thread",
        "signal", "http", "httplib", "urllib", "urllib2", "requests", "ftplib", "smtplib", "telnetlib", "tempfile", "linecache", "pip",
        "pydoc", "distutils", "setuptools", "mmap", "fileinput", "tarfile", "zipfile", "gc", "atexit", "sqlite3",
    };

    private static readonly HashSet<string> ForbiddenNames = new(StringComparer.Ordinal)
    {
        "torch.load", "torch.hub.load", "torch.jit.load", "torch.serialization.load", "torch.package.PackageImporter",
        "types.CodeType", "types.FunctionType", "types.ModuleType", "_io.FileIO", "_io.open", "io.open", "io.FileIO", "_io.open_code", "io.open_code",
        "numpy.load", "numpy.fromfile", "numpy.memmap",
    };

    // getattr is how Python pickles some enum members; it is inert here like every other call.
    private static readonly HashSet<string> HarmlessBuiltins = new(StringComparer.Ordinal)
    {
        "dict", "list", "set", "frozenset", "tuple", "int", "long", "float", "complex", "bool", "str", "unicode", "bytes", "bytearray",
        "object", "type", "slice", "range", "xrange", "Ellipsis", "NotImplemented", "NoneType", "print", "getattr", "property",
        "classmethod", "staticmethod", "super", "map", "filter", "zip", "enumerate", "reversed", "Exception", "min", "max", "sum", "abs", "len", "round",
    };

    /// <summary>True for a name that has no place in a checkpoint because calling it reaches outside of the interpreter.</summary>
    public static bool IsForbidden(PickleGlobal global)
    {
        var package = global.Module.Split('.')[0];
        if (package is "builtins" or "__builtin__" or "__builtins__")
            return !HarmlessBuiltins.Contains(global.Name);
        return ForbiddenPackages.Contains(package)
            || ForbiddenNames.Contains(global.ToString())
            || global.Module.StartsWith("torch.utils.cpp_extension", StringComparison.Ordinal)
            || global.Module.StartsWith("torch.distributed.rpc", StringComparison.Ordinal)
            || global.Module.StartsWith("numpy.testing", StringComparison.Ordinal)
            || global.Module.StartsWith("numpy.f2py", StringComparison.Ordinal);
    }

    /// <summary>The element type of a storage class such as <c>torch.FloatStorage</c>; null for one that we cannot hold (complex, quantized).</summary>
    public static ScalarType? StorageType(PickleGlobal global) => global switch
    {
        { Module: not ("torch" or "torch.storage" or "torch.cuda") } => null,
        { Name: "UntypedStorage" or "_UntypedStorage" } => ScalarType.UInt8,
        _ => Find(global.Name, StorageClass),
    };

    /// <summary>The class in <c>torch</c> of a storage of that type.</summary>
    public static string StorageClass(ScalarType type) => type switch
    {
        ScalarType.UInt8 => "ByteStorage",
        ScalarType.Int8 => "CharStorage",
        ScalarType.Int16 => "ShortStorage",
        ScalarType.Int32 => "IntStorage",
        ScalarType.Int64 => "LongStorage",
        ScalarType.Float16 => "HalfStorage",
        ScalarType.BFloat16 => "BFloat16Storage",
        ScalarType.Float32 => "FloatStorage",
        ScalarType.Float64 => "DoubleStorage",
        ScalarType.Bool => "BoolStorage",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The element type that <c>torch.float32</c> and its like name.</summary>
    public static ScalarType? ElementType(PickleGlobal global) => global.Module == "torch" ? Find(global.Name, ScalarTypes.TorchName) : null;

    /// <summary>What calling the name gives.</summary>
    public static PickleCall CallOf(PickleGlobal global) => global.ToString() switch
    {
        "collections.OrderedDict" or "collections.defaultdict" or "builtins.dict" or "__builtin__.dict" => PickleCall.Dict,
        "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" => PickleCall.Tensor,
        "torch._utils._rebuild_tensor_v3" => PickleCall.TypedTensor,
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" => PickleCall.Parameter,
        "torch._tensor._rebuild_from_type" or "torch._tensor._rebuild_from_type_v2" => PickleCall.TensorOfType,
        "torch.Size" => PickleCall.Size,
        _ => PickleCall.Inert,
    };

    /// <summary>The type that bears a name; null where none does.</summary>
    private static ScalarType? Find(string name, Func<ScalarType, string> nameOf)
    {
        foreach (var type in Enum.GetValues<ScalarType>())
        {
            if (name == nameOf(type))
                return type;
        }

        return null;
    }
}

/// <summary>The calls that the reader understands.</summary>
internal enum PickleCall
{
    /// <summary>Makes an object that is never used.</summary>
    Inert,

    /// <summary>A dict, empty or of pairs.</summary>
    Dict,

    /// <summary>(storage, offset, size, stride, …).</summary>
    Tensor,

    /// <summary>(storage, offset, size, stride, requires_grad, hooks, dtype, …).</summary>
    TypedTensor,

    /// <summary>(tensor, …).</summary>
    Parameter,

    /// <summary>(function, type, arguments, state).</summary>
    TensorOfType,

    /// <summary>(dimensions).</summary>
    Size,
}
