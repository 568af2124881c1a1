using System.Security.Cryptography;
using System.Text;

namespace Flair.Indexing;

/// <summary>Digests that tell whether a tile's record still fits.</summary>
public static class Fingerprints
{
    /// <summary>SHA-256 over paths, sizes and modification times, in order; 64 lower-case hexadecimal digits.</summary>
    public static string OfInputs(IEnumerable<InputFingerprint> inputs) =>
        OfText(string.Join('\n', inputs.Select(input => $"{input.Path}\t{input.Bytes}\t{input.Modified}")));

    /// <summary>SHA-256 of a text in UTF-8; 64 lower-case hexadecimal digits.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
