namespace Flair.Checkpoints;

/// <summary>The names of element types in safetensors.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type)[] Names =
    [
        ("BOOL", ScalarType.Bool), ("U8", ScalarType.UInt8), ("I8", ScalarType.Int8), ("I16", ScalarType.Int16), ("F16", ScalarType.Float16),
        ("BF16", ScalarType.BFloat16), ("I32", ScalarType.Int32), ("F32", ScalarType.Float32), ("F64", ScalarType.Float64), ("I64", ScalarType.Int64),
    ];

    public static bool TryParse(string? name, out ScalarType type)
    {
        var found = Array.Find(Names, entry => entry.Name == name);
        type = found.Type;
        return found.Name is not null;
    }

    public static string NameOf(ScalarType type) => Array.Find(Names, entry => entry.Type == type).Name;
}
