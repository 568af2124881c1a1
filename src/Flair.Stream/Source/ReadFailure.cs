namespace Flair.Source;

/// <summary>Pixels that could not be read; they count as unknown.</summary>
/// <param name="Path">The file.</param>
/// <param name="Message">What GDAL said, in one line.</param>
/// <param name="Area">The rectangle of the mosaic that is affected, clipped to what was asked for.</param>
public sealed record ReadFailure(string Path, string Message, GridRect Area);
