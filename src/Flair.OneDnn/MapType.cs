namespace Flair.OneDnn;

/// <summary>The element type of a map; the numbers are those of <c>flair_map_type</c>.</summary>
public enum MapType
{
    /// <summary>No map.</summary>
    None = -1,

    /// <summary>Single precision.</summary>
    Float32 = 0,

    /// <summary>The upper half of single precision.</summary>
    BFloat16 = 1,

    /// <summary>Whole numbers from 0 to 255, each a step of its channel.</summary>
    UInt8 = 2,

    /// <summary>Whole numbers from −128 to 127, each a step of its channel.</summary>
    Int8 = 3,
}

/// <summary>Facts about element types.</summary>
public static class MapTypes
{
    /// <summary>Bytes of an element.</summary>
    public static int Bytes(this MapType type) => type switch
    {
        MapType.Float32 => 4,
        MapType.BFloat16 => 2,
        _ => 1,
    };
}
