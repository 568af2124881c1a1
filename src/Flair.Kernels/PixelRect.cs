namespace Flair.Kernels;

/// <summary>A rectangle of a window or of an image, in pixels.</summary>
/// <param name="Row">The first row.</param>
/// <param name="Column">The first column.</param>
/// <param name="Rows">Its height; 0 or more.</param>
/// <param name="Columns">Its width; 0 or more.</param>
public readonly record struct PixelRect(long Row, long Column, long Rows, long Columns);
