using Flair.Indexing;
using Flair.Tiles;

namespace Flair.Running;

/// <summary>Removes the files of tiles. The record goes last, so that what a kill interrupts is still known to the next run.</summary>
internal sealed class TilePruning(OutputLayout layout)
{
    /// <summary>Removes tiles that no file of the map refers to any more.</summary>
    /// <param name="tiles">The tiles.</param>
    /// <param name="kept">The tiles that stay; no file of theirs is touched.</param>
    /// <exception cref="FlairException">A file cannot be removed.</exception>
    public void Remove(IEnumerable<TileRow> tiles, IEnumerable<TileRow> kept)
    {
        var needed = kept.SelectMany(row => row.Outputs).Select(output => output.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var tile in tiles)
        {
            OutputGuard.Run($"{layout.Root}: the tile {tile.Tile} cannot be removed", () =>
            {
                foreach (var path in Files(tile).Where(path => !needed.Contains(path)))
                    Delete(path);
                File.Delete(layout.Index.Fragment(tile.Tile));
                File.Delete(layout.Index.Record(tile.Tile));
            });
        }
    }

    /// <summary>Removes what a tile had under its former settings and has no longer, such as probabilities.</summary>
    /// <exception cref="FlairException">A file cannot be removed.</exception>
    public void RemoveFormer(IEnumerable<OutputFile> former, TileRow now) =>
        OutputGuard.Run($"{layout.Root}: the former files of the tile {now.Tile} cannot be removed", () =>
        {
            var written = now.Outputs.Select(output => output.Path).ToHashSet(StringComparer.Ordinal);
            foreach (var output in former.Where(output => !written.Contains(output.Path)))
                Delete(output.Path);
        });

    /// <summary>Removes what <see cref="Leftovers"/> finds.</summary>
    /// <exception cref="FlairException">A file cannot be removed.</exception>
    public void RemoveLeftovers(IReadOnlyList<TileRow> rows, IEnumerable<TileRow> removed) =>
        OutputGuard.Run($"{layout.Root}: former files of tiles cannot be removed", () =>
        {
            foreach (var path in Leftovers(layout, rows, removed))
                Delete(path);
        });

    /// <summary>
    /// Names that files of finished tiles bear under other settings, if they are there: a run that is killed right after a tile's new record leaves them.
    /// </summary>
    /// <param name="layout">The output.</param>
    /// <param name="rows">The records of the map.</param>
    /// <param name="removed">The tiles without input, whose files stay.</param>
    /// <returns>Paths relative to the output directory that belong to no tile by now.</returns>
    public static IEnumerable<string> Leftovers(OutputLayout layout, IReadOnlyList<TileRow> rows, IEnumerable<TileRow> removed)
    {
        // A FLAIR-1 run shares its directory with files of others.
        if (layout.Tiles == layout.Base)
            return [];
        var folder = Path.GetRelativePath(layout.Root, layout.Tiles);
        var needed = rows.Concat(removed)
            .SelectMany(row => row.Outputs.Select(output => output.Path).Append($"{folder}/{TileWriter.FileName(TileLayerKind.Classes, row.Tile, only: true)}"))
            .ToHashSet(StringComparer.Ordinal);
        return rows.Where(row => row.Status == TileStatus.Done).SelectMany(row => TileWriter.FileNames(row.Tile)).Select(name => $"{folder}/{name}").Where(path => !needed.Contains(path));
    }

    /// <summary>What its record lists, as far as it lies among the tiles; a tile that failed lists nothing, but may have rasters of an earlier night.</summary>
    public IEnumerable<string> Files(TileRow tile)
    {
        if (tile.Outputs.Count > 0)
            return tile.Outputs.Select(output => output.Path).Where(IsTiles);
        var folder = Path.GetRelativePath(layout.Root, layout.Tiles);
        return TileWriter.FileNames(tile.Tile).Select(name => $"{folder}/{name}");
    }

    private void Delete(string path)
    {
        if (IsTiles(path))
            File.Delete(Path.GetFullPath(path, layout.Root));
    }

    /// <summary>A record is a file that somebody may have changed: it does not decide what is removed elsewhere.</summary>
    private bool IsTiles(string path) => Path.GetDirectoryName(Path.GetFullPath(path, layout.Root)) == layout.Tiles;
}
