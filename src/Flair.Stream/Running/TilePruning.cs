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

    /// <summary>What its record lists; a tile that failed lists nothing, but may have rasters of an earlier night.</summary>
    private IEnumerable<string> Files(TileRow tile)
    {
        if (tile.Outputs.Count > 0)
            return tile.Outputs.Select(output => output.Path);
        var folder = Path.GetRelativePath(layout.Root, layout.Tiles);
        return Enum.GetValues<TileLayerKind>().Select(kind => TileWriter.FileName(kind, tile.Tile, only: false))
            .Append(TileWriter.FileName(TileLayerKind.Classes, tile.Tile, only: true) + ".aux.xml")
            .Select(name => $"{folder}/{name}");
    }

    /// <summary>A record is a file that somebody may have changed: it does not decide what is removed elsewhere.</summary>
    private void Delete(string path)
    {
        var full = Path.GetFullPath(path, layout.Root);
        if (Path.GetDirectoryName(full) == layout.Tiles)
            File.Delete(full);
    }
}
