namespace Flair.Tiles;

/// <summary>Writes everything that joins the tiles of a map: <c>map.vrt</c>, <c>map.qml</c>, <c>stac-items.json</c>, <c>preview.png</c>.</summary>
public static class MapProducts
{
    /// <summary>The names that they bear.</summary>
    public static IReadOnlyList<string> Names { get; } = [MapVrt.FileName, QgisStyle.FileName, StacItems.FileName, PreviewPng.FileName];

    /// <summary>Writes them and removes those that former settings made and these do not; a map without class codes gets no VRT, style and preview, one without tiles nothing.</summary>
    /// <returns>What was written, as name and path relative to the output directory.</returns>
    /// <exception cref="FlairException">A file cannot be written.</exception>
    public static IReadOnlyList<(string What, string Path)> Write(MapDescription map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Tiles.Count == 0)
            return [];
        return OutputGuard.Run($"{map.Output}: the map's VRT, style, catalogue and preview cannot be written", map.Output, () =>
        {
            var written = new List<(string, string)>();
            if (map.Outputs.Classes)
            {
                written.Add(("map", MapVrt.Write(map)));
                written.Add(("style", QgisStyle.Write(map)));
            }

            written.Add(("catalogue", StacItems.Write(map)));
            if (map.Outputs.Classes)
                written.Add(("preview", PreviewPng.Write(map)));
            foreach (var former in Names.Except(written.Select(product => product.Item2)))
                File.Delete(map.At(former));
            return written;
        });
    }
}
