using System.Globalization;
using System.Text;

namespace Flair.Indexing;

/// <summary>
/// Where an output directory keeps its index. The two Parquet files are for users; the work folder <c>.flair</c> holds what a run needs to
/// go on after a kill, and what they are built from.
/// </summary>
/// <param name="Output">The output directory.</param>
public sealed record IndexLayout(string Output)
{
    /// <summary>The work folder, <c>OUTPUT/.flair</c>.</summary>
    public string Work => Path.Combine(Output, ".flair");

    /// <summary>One row a pair of a tile and a window that answers for pixels of it: <c>OUTPUT/slices.parquet</c>.</summary>
    public string Slices => Path.Combine(Output, "slices.parquet");

    /// <summary>One row a tile: <c>OUTPUT/tiles.parquet</c>. Written last: where it is, the index is complete.</summary>
    public string Tiles => Path.Combine(Output, "tiles.parquet");

    /// <summary>The windows of finished tiles, one file a tile.</summary>
    public string Fragments => Path.Combine(Work, "slices");

    /// <summary>The commit records, one file a tile.</summary>
    public string Records => Path.Combine(Work, "tiles");

    /// <summary>What the index is about, see <see cref="IndexDescription"/>.</summary>
    public string Description => Path.Combine(Work, "index.json");

    /// <summary>Digest of the tiles that the two Parquet files list; written after them.</summary>
    public string Listed => Path.Combine(Work, "listed");

    /// <summary>What the index is built in; removed afterwards.</summary>
    public string Scratch => Path.Combine(Work, "scratch");

    /// <summary>The file with a tile's windows.</summary>
    public string Fragment(string tile) => Path.Combine(Fragments, FileName(tile) + ".parquet");

    /// <summary>The file with a tile's commit record.</summary>
    public string Record(string tile) => Path.Combine(Records, FileName(tile) + ".json");

    /// <summary>
    /// Removes the two Parquet files. A run calls it before it changes its first tile, so that <c>inspect</c> shows the tiles as they are.
    /// </summary>
    /// <exception cref="IOException">One of them cannot be removed.</exception>
    public void Discard()
    {
        if (!Directory.Exists(Output))
            return;
        foreach (var path in (string[])[Tiles, Slices])
        {
            DiskSteps.Reach(DiskStep.Delete, path);
            File.Delete(path);
        }
    }

    /// <summary>True when both Parquet files are there and list the tiles of a digest.</summary>
    public bool Lists(string digest) => File.Exists(Tiles) && File.Exists(Slices) && File.Exists(Listed) && File.ReadAllText(Listed) == digest;

    /// <summary>The tile's name with everything but letters, digits, <c>.</c>, <c>_</c> and <c>-</c> as <c>%XX</c> of its UTF-8 bytes.</summary>
    private static string FileName(string tile)
    {
        var name = new StringBuilder(tile.Length);
        foreach (var b in Encoding.UTF8.GetBytes(tile))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'.' or (byte)'_' or (byte)'-')
                name.Append((char)b);
            else
                name.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return name.ToString();
    }
}
