using System.Globalization;
using Flair.Gdal;
using Flair.Settings;

namespace Flair.Source;

/// <summary>What tells that a raster has no data at a pixel, in the bands that are read of it.</summary>
/// <param name="Values">The value of each selected band that means no data when all have theirs; null for none.</param>
/// <param name="Solid">True when that value is a valid one as well, so that it counts in solid squares only.</param>
/// <param name="Opacity">A band that is not selected and means no data where it is 0: alpha, in solid squares, or <see cref="MaskBand"/>, certainly; null for none.</param>
/// <param name="Floating">True when a value may be NaN, which is never data.</param>
internal sealed record NodataRule(double[]? Values, bool Solid, int? Opacity, bool Floating)
{
    /// <summary>The number of the file's mask among bands that are read.</summary>
    public const int MaskBand = 0;

    /// <summary>True when pixels of the raster may be suspect without being certain.</summary>
    public bool HasSuspects => (Values is not null && Solid) || Opacity > MaskBand;

    /// <summary>The rule for a raster.</summary>
    /// <param name="info">The raster.</param>
    /// <param name="bands">The bands selected, from 1.</param>
    /// <param name="mode">What the settings say.</param>
    public static NodataRule For(RasterInfo info, IReadOnlyList<int> bands, NodataMode mode)
    {
        var type = info.Bands[bands[0] - 1].Type;
        bool floating = type is GdalType.Float32 or GdalType.Float64;
        if (mode.Off)
            return new NodataRule(null, false, null, floating);

        // A spectral band may be tagged alpha (TreeSatAI's near infrared is): who selects it says that it is data.
        int? opacity = info.HasMask ? MaskBand : null;
        for (int band = 1; band <= info.Bands.Count && opacity is null; band++)
        {
            if (info.Bands[band - 1].IsAlpha && !bands.Contains(band))
                opacity = band;
        }

        var values = new double[bands.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if ((mode.Value ?? info.Bands[bands[i] - 1].Nodata) is not { } value || !CanHold(type, value))
                return new NodataRule(null, false, opacity, floating);
            values[i] = value;
        }

        return new NodataRule(values, !floating, opacity, floating);
    }

    /// <summary>True when a pixel of the type can have the value.</summary>
    public static bool CanHold(GdalType type, double value)
    {
        if (type is GdalType.Float32 or GdalType.Float64)
            return true;
        var (least, most) = Range(type);
        return value >= least && value <= most && Math.Floor(value) == value;
    }

    /// <summary>The nearest value that a pixel of the type can have, as GDAL converts.</summary>
    public static double Clamp(GdalType type, double value)
    {
        if (type is GdalType.Float32 or GdalType.Float64)
            return value;
        var (least, most) = Range(type);
        return double.IsNaN(value) ? 0 : Math.Clamp(Math.Floor(value + 0.5), least, most);
    }

    private static (double Least, double Most) Range(GdalType type) => type switch
    {
        GdalType.Byte => (byte.MinValue, byte.MaxValue),
        GdalType.UInt16 => (ushort.MinValue, ushort.MaxValue),
        GdalType.Int16 => (short.MinValue, short.MaxValue),
        GdalType.UInt32 => (uint.MinValue, uint.MaxValue),
        _ => (int.MinValue, int.MaxValue),
    };
}

/// <summary>The settings' view of no data.</summary>
/// <param name="Off">True when everything that is covered is known.</param>
/// <param name="Value">The value that overrides what files declare; null to believe them.</param>
/// <param name="SolidSide">Side of the squares in which a value that is also valid counts.</param>
/// <param name="FillDeclared">True to fill what no raster covers with the declared value, as FLAIR-1 reads beyond the edge.</param>
internal sealed record NodataMode(bool Off, double? Value, int SolidSide, bool FillDeclared)
{
    /// <summary>Reads the settings.</summary>
    public static NodataMode From(RunSettings settings)
    {
        int side = Math.Max(1, settings.Nodata.Solid);
        if (settings.FlairDetect is not null)
            return new NodataMode(true, null, side, true);
        return settings.Nodata.Value.Trim() switch
        {
            "auto" => new NodataMode(false, null, side, false),
            "none" => new NodataMode(true, null, side, false),
            var text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                ? new NodataMode(false, value, side, false)
                : throw new FlairException($"nodata.value: {text} is neither auto, none nor a number"),
        };
    }
}
