namespace Flair.OpenJpeg;

/// <summary>How an image is coded.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Components">Components, i.e. bands.</param>
/// <param name="TileWidth">Columns of a tile; those at the right edge may have fewer.</param>
/// <param name="TileHeight">Rows of a tile; those at the bottom may have fewer.</param>
/// <param name="TileColumns">Tiles side by side.</param>
/// <param name="TileRows">Tiles one above the other.</param>
/// <param name="IsBytes">True when all components have unsigned values of 8 bits for every pixel, and the first tile begins at the first pixel.</param>
public sealed record Jpeg2000Layout(int Width, int Height, int Components, int TileWidth, int TileHeight, int TileColumns, int TileRows, bool IsBytes)
{
    /// <summary>True when the image is a single tile.</summary>
    public bool IsSingleTile => TileColumns == 1 && TileRows == 1;
}
