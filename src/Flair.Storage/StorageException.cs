namespace Flair.Storage;

/// <summary>What kind of failure it was, for those who decide by it.</summary>
public enum StorageFault
{
    /// <summary>The request or the address makes no sense; trying again does not help.</summary>
    Invalid,

    /// <summary>There is no such object or container.</summary>
    NotFound,

    /// <summary>The credentials are missing, wrong or not allowed to.</summary>
    Denied,

    /// <summary>The object is another one than when it was opened.</summary>
    Changed,

    /// <summary>What was written does not read back as it should.</summary>
    Corrupt,

    /// <summary>No room left, or over quota.</summary>
    Full,

    /// <summary>The storage did not answer as it should, for longer than is waited for. It may later.</summary>
    Unavailable,
}

/// <summary>An object could not be read, written or listed. The message is one line that names the object and what its storage said, without secrets.</summary>
public sealed class StorageException : Exception
{
    /// <summary>A failure.</summary>
    public StorageException(StorageFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>A failure and what caused it.</summary>
    public StorageException(StorageFault fault, string message, Exception inner)
        : base(message, inner) => Fault = fault;

    /// <summary>What kind it was.</summary>
    public StorageFault Fault { get; }
}
