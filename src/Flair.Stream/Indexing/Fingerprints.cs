namespace Flair.Indexing;

/// <summary>Digests that tell whether a tile's record still fits.</summary>
public static class Fingerprints
{
    /// <summary>SHA-256 over paths, sizes, modification times and, of objects, ETags, in order; 64 lower-case hexadecimal digits.</summary>
    public static string OfInputs(IEnumerable<InputFingerprint> inputs) =>
        Sha256.OfText(string.Join('\n', inputs.Select(input => $"{input.Path}\t{input.Bytes}\t{input.Modified}{(input.ETag.Length > 0 ? "\t" + input.ETag : "")}")));
}
