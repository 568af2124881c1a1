namespace Flair.OpenJpeg;

/// <summary>OpenJPEG refused or failed. The message is OpenJPEG's own, on one line.</summary>
public sealed class OpenJpegException : Exception
{
    /// <summary>A message of one line.</summary>
    public OpenJpegException(string message)
        : base(message)
    {
    }
}
