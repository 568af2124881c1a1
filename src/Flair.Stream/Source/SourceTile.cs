namespace Flair.Source;

/// <summary>A raster of the first imagery product: what an output raster is made for, named after and shaped like.</summary>
/// <param name="Name">The file's name without its extension; where two files bear the same one, the later ones end in <c>_2</c>, <c>_3</c>, ….</param>
/// <param name="Rect">Its pixels on the mosaic's grid.</param>
/// <param name="PrimaryFile">The file of the first imagery product.</param>
/// <param name="Files">Every file, of all products, that has pixels in <paramref name="Rect"/>; sorted.</param>
/// <param name="Year">The year in the dalle's name; null when the name has none.</param>
public sealed record SourceTile(string Name, GridRect Rect, string PrimaryFile, IReadOnlyList<string> Files, int? Year);
