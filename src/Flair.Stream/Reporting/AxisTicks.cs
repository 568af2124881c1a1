using System.Globalization;

namespace Flair.Reporting;

/// <summary>Round numbers along an axis, and the range they span.</summary>
internal sealed record AxisTicks(double Low, double High, IReadOnlyList<(double Value, string Text)> Marks, bool Logarithmic)
{
    /// <summary>About <paramref name="wanted"/> marks at multiples of 1, 2 or 5 times a power of ten that enclose the values.</summary>
    public static AxisTicks Linear(double low, double high, int wanted)
    {
        if (!(high > low))
        {
            var around = low == 0 ? 1 : Math.Abs(low) / 2;
            (low, high) = (low - around, high + around);
        }

        var step = Step((high - low) / wanted);
        long first = (long)Math.Floor((low / step) + 1e-9), last = (long)Math.Ceiling((high / step) - 1e-9);
        var decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        var marks = new List<(double, string)>();
        for (var i = first; i <= last; i++)
            marks.Add((i * step, decimals > 5 ? (i * step).ToString("0.#e+0", CultureInfo.InvariantCulture) : (i * step).ToString("F" + decimals, CultureInfo.InvariantCulture)));
        return new(first * step, last * step, marks, false);
    }

    /// <summary>Whole numbers from the first to the last of them, at most about <paramref name="wanted"/>.</summary>
    public static AxisTicks Whole(int low, int high, int wanted)
    {
        var step = Math.Max(1, (int)Step((high - low) / (double)wanted));
        var marks = new List<(double, string)>();
        for (var i = (low + step - 1) / step * step; i <= high; i += step)
            marks.Add((i, i.ToString(CultureInfo.InvariantCulture)));
        return new(low, high, marks, false);
    }

    /// <summary>Powers of ten that enclose positive values.</summary>
    public static AxisTicks Decades(double low, double high)
    {
        int first = (int)Math.Floor(Math.Log10(low) + 1e-9), last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(high) - 1e-9));
        return new(Math.Pow(10, first), Math.Pow(10, last), [.. Enumerable.Range(first, last - first + 1).Select(power => (Math.Pow(10, power), $"1e{power}"))], true);
    }

    /// <summary>Where a value lies, 0 at the low end and 1 at the high end.</summary>
    public double Share(double value) =>
        Logarithmic ? Math.Log10(value / Low) / Math.Log10(High / Low)
        : High > Low ? (value - Low) / (High - Low)
        : 0.5;

    private static double Step(double least)
    {
        if (!(least > 0))
            return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return new[] { 1.0, 2, 5, 10 }.First(factor => (factor * power) >= least * (1 - 1e-9)) * power;
    }
}
