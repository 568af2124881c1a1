using System.Globalization;

namespace Flair.Storage;

/// <summary>Reads what an answer says of the range that it brings.</summary>
internal static class RangeAnswer
{
    /// <summary>The body of an answer, once its <c>Content-Range</c> was found to be the one that was asked for.</summary>
    /// <param name="stream">The body.</param>
    /// <param name="length"><c>Content-Length</c>.</param>
    /// <param name="range"><c>Content-Range</c>; null when the whole object came.</param>
    /// <param name="from">The first byte asked for.</param>
    /// <param name="owner">Disposed of with the body.</param>
    /// <param name="hash">MD5 of the body; null where the server tells none. That of a whole object is what its writer said, and is not looked at.</param>
    /// <exception cref="BrokenBodyException">It is another range.</exception>
    public static RangeBody Body(Stream stream, long length, string? range, long from, IDisposable owner, byte[]? hash = null)
    {
        if (range is null)
        {
            if (from == 0)
                return new RangeBody(stream, length, atEnd: true, owner);
            owner.Dispose();
            throw new StorageException(StorageFault.Invalid, "its server sends whole files only, not the ranges asked for");
        }

        if (!TryParse(range, out long first, out long last, out long total) || first != from || length != last - first + 1)
        {
            owner.Dispose();
            throw new BrokenBodyException($"bytes from {from} were asked for and '{range}' came with {length} bytes");
        }

        return new RangeBody(stream, length, atEnd: total >= 0 && last + 1 >= total, owner, hash);
    }

    /// <summary>Parses <c>bytes FIRST-LAST/TOTAL</c>; the total is -1 for <c>*</c>.</summary>
    public static bool TryParse(string text, out long first, out long last, out long total)
    {
        first = last = 0;
        total = -1;
        const string unit = "bytes ";
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return text.StartsWith(unit, StringComparison.OrdinalIgnoreCase) && dash > 0 && slash > dash
            && long.TryParse(text.AsSpan(unit.Length, dash - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && long.TryParse(text.AsSpan(dash + 1, slash - dash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out last)
            && (text[(slash + 1)..] == "*" || long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out total));
    }
}
