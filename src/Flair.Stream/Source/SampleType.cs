namespace Flair.Source;

/// <summary>The type of the values in a <see cref="Strip"/>, the same for all channels of a run.</summary>
public enum SampleType
{
    /// <summary>One byte a value: all imagery is 8-bit.</summary>
    UInt8,

    /// <summary>32-bit floating point: some imagery is not 8-bit.</summary>
    Float32,
}
