namespace Flair.Gdal;

/// <summary>GDAL refused or failed. The message is GDAL's own, on one line.</summary>
public sealed class GdalException : Exception
{
    /// <summary>A message of one line.</summary>
    public GdalException(string message)
        : base(message)
    {
    }

    /// <summary>A message of one line and what caused it.</summary>
    public GdalException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
