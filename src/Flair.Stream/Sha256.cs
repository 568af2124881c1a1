using System.Security.Cryptography;
using System.Text;

namespace Flair;

/// <summary>SHA-256 as fingerprints and checksums are written here: 64 lower-case hexadecimal digits.</summary>
internal static class Sha256
{
    /// <summary>Of a text in UTF-8.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Of the bytes of a file that the user named.</summary>
    /// <exception cref="FlairException">It cannot be read.</exception>
    public static string OfInput(string path)
    {
        try
        {
            return OfFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: cannot be read ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>Of a file's bytes.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string OfFile(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
