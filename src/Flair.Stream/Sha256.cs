using System.Security.Cryptography;
using System.Text;

namespace Flair;

/// <summary>SHA-256 as fingerprints and checksums are written here: 64 lower-case hexadecimal digits.</summary>
internal static class Sha256
{
    /// <summary>Of a text in UTF-8.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Of a file's bytes.</summary>
    public static string OfFile(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
