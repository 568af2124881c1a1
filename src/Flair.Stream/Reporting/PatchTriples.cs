using System.Text;
using Flair.Evaluation;
using Flair.Gdal;
using Flair.Nomenclatures;
using Flair.Patches;
using Flair.Settings;
using Flair.Tiles;
using static Flair.Reporting.HtmlText;

namespace Flair.Reporting;

/// <summary>Image, truth, prediction and errors of some patches, side by side: the worst, the best, and those in the middle.</summary>
internal static class PatchTriples
{
    private const int Each = 4;

    // Larger pictures make the page heavy, and nobody sees more at this size.
    private const int MostPixels = 256;

    private static readonly (byte, byte, byte, byte)[] s_errorColors = [(120, 135, 150, 70), (226, 61, 40, 255), (0, 0, 0, 0)];

    private enum Verdict : byte
    {
        Right,
        Wrong,
        NoClass,
    }

    /// <summary>The patches to show, by share of right pixels from the worst; patches without a pixel to compare are left out.</summary>
    public static IReadOnlyList<(PatchResult Patch, string Why)> Choose(IReadOnlyList<PatchResult> patches)
    {
        PatchResult[] sorted = [.. patches.Where(patch => patch.Pixels > 0).OrderBy(patch => patch.Accuracy).ThenBy(patch => patch.Image, StringComparer.Ordinal)];
        if (sorted.Length <= 3 * Each)
            return [.. sorted.Select((patch, rank) => (patch, $"{rank + 1} of {sorted.Length}"))];
        var middle = (sorted.Length - Each) / 2;
        return
        [
            .. sorted[..Each].Select(patch => (patch, "worst")),
            .. sorted[middle..(middle + Each)].Select(patch => (patch, "median")),
            .. sorted[^Each..].Select(patch => (patch, "best")),
        ];
    }

    /// <summary>The legend and the pictures.</summary>
    /// <exception cref="FlairException">A file cannot be read.</exception>
    public static string Draw(TrainingSettings settings, IReadOnlyList<PatchResult> patches, IReadOnlyList<LandCoverClass> classes)
    {
        (byte, byte, byte, byte)[] palette = [.. classes.Select(land => { var (r, g, b) = ClassColors.Rgb(land); return (r, g, b, byte.MaxValue); }), (0, 0, 0, 0)];
        var seen = new SortedSet<int>();
        var figures = new StringBuilder();
        foreach (var (patch, why) in Choose(patches))
        {
            var truth = Shrink(PatchReader.ReadMask(patch.Mask));
            var prediction = Shrink(PatchReader.ReadMask(patch.Prediction));
            var first = settings.SupervisionStartsAtOne ? 1 : 0;
            byte[] truthClasses = [.. truth.Values.Select(value => (byte)Math.Min((byte)(value - first), classes.Count))];
            byte[] predictedClasses = [.. prediction.Values.Select(value => (byte)Math.Min(value, classes.Count))];
            byte[] errors = [.. truthClasses.Zip(predictedClasses, (t, p) => (byte)(t == classes.Count ? Verdict.NoClass : t == p ? Verdict.Right : Verdict.Wrong))];
            seen.UnionWith(truthClasses.Concat(predictedClasses).Select(value => (int)value));

            var name = Path.GetFileName(patch.Image);
            figures.Append($"<div class=\"panel triple\"><div class=\"head\"><span title=\"{Escape(patch.Image)}\">{Escape(name)}</span><em>{why}</em><b>{Percent(100 * patch.Accuracy)} %</b></div><div class=\"four\">");
            Figure(figures, "image", name, ReadImage(patch.Image, truth.Width, truth.Height));
            Figure(figures, "truth", name, PngEncoder.Palette(truth.Width, truth.Height, truthClasses, palette));
            Figure(figures, "prediction", name, PngEncoder.Palette(truth.Width, truth.Height, predictedClasses, palette));
            Figure(figures, "errors", name, PngEncoder.Palette(truth.Width, truth.Height, errors, s_errorColors));
            figures.Append("</div></div>");
        }

        var legend = string.Concat(classes.Where(land => seen.Contains(land.Index)).Select(land =>
            $"<span><span class=\"swatch\" style=\"background:{Color(land)}\"></span>{Escape(land.Name)}</span>"));
        return $"<div class=\"legend\">{legend}</div><div class=\"triples\">{figures}</div>";
    }

    private static void Figure(StringBuilder html, string caption, string name, byte[] png) =>
        html.Append($"<figure><img alt=\"{caption} of {Escape(name)}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\"/><figcaption>{caption}</figcaption></figure>");

    private static int Factor(int width, int height) => Math.Max(1, (Math.Max(width, height) + MostPixels - 1) / MostPixels);

    /// <summary>Every n-th pixel of every n-th row: classes cannot be averaged.</summary>
    private static (int Width, int Height, byte[] Values) Shrink((int Width, int Height, byte[] Values) mask)
    {
        var factor = Factor(mask.Width, mask.Height);
        int width = Math.Max(1, mask.Width / factor), height = Math.Max(1, mask.Height / factor);
        var values = new byte[width * height];
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
                values[(row * width) + column] = mask.Values[(((row * factor) + (factor / 2)) * mask.Width) + (column * factor) + (factor / 2)];
        }

        return (width, height, values);
    }

    /// <summary>The first three bands, or the first as grey; values of more than 8 bits are stretched between their 2nd and 98th percentile.</summary>
    private static unsafe byte[] ReadImage(string path, int width, int height)
    {
        var values = new float[3 * width * height];
        GdalType type;
        try
        {
            using var raster = Raster.Open(path);
            type = raster.Type(1);
            int[] bands = raster.BandCount >= 3 ? [1, 2, 3] : [1, 1, 1];
            fixed (float* start = values)
            {
                raster.Read(
                    0, 0, raster.Width, raster.Height, bands, GdalType.Float32, start, width, height,
                    sizeof(float), width * sizeof(float), (long)width * height * sizeof(float), Resampling.Average);
            }
        }
        catch (GdalException e)
        {
            throw new FlairException($"{path}: the image cannot be read for the report ({e.Message}); copy it again", e);
        }

        var (low, high) = (0f, 255f);
        if (type != GdalType.Byte)
        {
            float[] sorted = [.. values.Where(float.IsFinite).Order()];
            if (sorted.Length > 0)
                (low, high) = (sorted[sorted.Length / 50], sorted[^((sorted.Length / 50) + 1)]);
        }

        var scale = high > low ? 255 / (high - low) : 0;
        return PngEncoder.Color(width, height, Array.ConvertAll(values, value => float.IsFinite(value) ? (byte)Math.Clamp(MathF.Round((value - low) * scale), 0, 255) : (byte)0));
    }
}
