namespace Flair.Torch;

/// <summary>libtorch refused a call: shapes that do not fit, memory that is not there, an operator or a device that is unknown.</summary>
public sealed class TorchException : Exception
{
    /// <summary>A message of one line: the operator and the first line of libtorch's own.</summary>
    public TorchException(string message)
        : base(message)
    {
    }
}
