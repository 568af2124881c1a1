namespace Flair.Gdal;

/// <summary>Data type of a band or of a buffer, with GDAL's own numbers (<c>GDALDataType</c>). Types that are not listed read as <see cref="Unknown"/>.</summary>
public enum GdalType
{
    /// <summary>None, or one that this binding does not use (complex, 64-bit integers, Int8).</summary>
    Unknown = 0,

    /// <summary>8 bits, unsigned.</summary>
    Byte = 1,

    /// <summary>16 bits, unsigned.</summary>
    UInt16 = 2,

    /// <summary>16 bits, signed.</summary>
    Int16 = 3,

    /// <summary>32 bits, unsigned.</summary>
    UInt32 = 4,

    /// <summary>32 bits, signed.</summary>
    Int32 = 5,

    /// <summary>IEEE single precision.</summary>
    Float32 = 6,

    /// <summary>IEEE double precision.</summary>
    Float64 = 7,
}

/// <summary>What a band shows, with GDAL's own numbers (<c>GDALColorInterp</c>).</summary>
public enum ColorInterpretation
{
    /// <summary>Not said.</summary>
    Undefined = 0,

    /// <summary>Greyscale.</summary>
    Gray = 1,

    /// <summary>Index into the colour table.</summary>
    Palette = 2,

    /// <summary>Red.</summary>
    Red = 3,

    /// <summary>Green.</summary>
    Green = 4,

    /// <summary>Blue.</summary>
    Blue = 5,

    /// <summary>Opacity.</summary>
    Alpha = 6,

    /// <summary>Hue.</summary>
    Hue = 7,

    /// <summary>Saturation.</summary>
    Saturation = 8,

    /// <summary>Lightness.</summary>
    Lightness = 9,

    /// <summary>Cyan.</summary>
    Cyan = 10,

    /// <summary>Magenta.</summary>
    Magenta = 11,

    /// <summary>Yellow.</summary>
    Yellow = 12,

    /// <summary>Black.</summary>
    Black = 13,

    /// <summary>Y of YCbCr.</summary>
    LuminanceY = 14,

    /// <summary>Cb of YCbCr.</summary>
    ChromaCb = 15,

    /// <summary>Cr of YCbCr.</summary>
    ChromaCr = 16,
}

/// <summary>How a read, a write or an overview changes resolution, with GDAL's own numbers (<c>GDALRIOResampleAlg</c>).</summary>
public enum Resampling
{
    /// <summary>Nearest neighbour.</summary>
    Nearest = 0,

    /// <summary>Bilinear.</summary>
    Bilinear = 1,

    /// <summary>Cubic convolution.</summary>
    Cubic = 2,

    /// <summary>Cubic B-spline.</summary>
    CubicSpline = 3,

    /// <summary>Lanczos windowed sinc.</summary>
    Lanczos = 4,

    /// <summary>Mean of the pixels covered.</summary>
    Average = 5,

    /// <summary>The most frequent value of the pixels covered.</summary>
    Mode = 6,

    /// <summary>Gauss blur.</summary>
    Gauss = 7,
}
