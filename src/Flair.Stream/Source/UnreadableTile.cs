namespace Flair.Source;

/// <summary>A tile that cannot be mapped because a raster of it cannot be opened at all; the others can.</summary>
/// <param name="Name">Its name, as <see cref="SourceTile.Name"/>.</param>
/// <param name="Rect">Its pixels on the mosaic's grid; null where neither another product nor the file's name tells.</param>
/// <param name="File">The raster that cannot be opened.</param>
/// <param name="Error">Why, in one line.</param>
public sealed record UnreadableTile(string Name, GridRect? Rect, string File, string Error);

/// <summary>A raster that cannot be opened.</summary>
/// <param name="Layer">The product that it belongs to.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Problem">Why, with its path.</param>
internal readonly record struct UnreadableRaster(string Layer, string Path, string Problem);
