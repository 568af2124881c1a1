namespace Flair.Storage;

/// <summary>Objects as files of GDAL's.</summary>
public static class RemoteFiles
{
    /// <summary>How the paths of our file system begin.</summary>
    public const string Prefix = "/vsiflair/";
}
