using System.Globalization;
using System.Text;

namespace Flair;

/// <summary>Numbers and strings as Python writes them, for files that Python programs compare or read.</summary>
internal static class PythonText
{
    /// <summary>
    /// <c>repr</c> of a float: the fewest digits that give the same number back, with an exponent below 1e-4 and from 1e16 on
    /// (CPython, <c>Python/pystrtod.c</c>, format code 'r'). Infinities and NaN as <c>json</c> writes them.
    /// </summary>
    public static string Json(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "Infinity" : "-Infinity";
        if (value == 0)
            return double.IsNegative(value) ? "-0.0" : "0.0";

        // The digits without the point, and where the point stands among them.
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = shortest.IndexOf('E', StringComparison.Ordinal);
        var exponent = exponentAt < 0 ? 0 : int.Parse(shortest.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? shortest : shortest[..exponentAt];
        var pointAt = mantissa.IndexOf('.', StringComparison.Ordinal);
        var point = (pointAt < 0 ? mantissa.Length : pointAt) + exponent;
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var digits = all.TrimStart('0');
        point -= all.Length - digits.Length;
        digits = digits.TrimEnd('0');

        var text = point switch
        {
            > 16 or < -3 => Scientific(digits, point - 1),
            <= 0 => "0." + new string('0', -point) + digits,
            _ when digits.Length <= point => digits.PadRight(point, '0') + ".0",
            _ => digits[..point] + "." + digits[point..],
        };
        return value < 0 ? "-" + text : text;
    }

    /// <summary>A string as <c>json.dumps</c> writes it, in ASCII.</summary>
    public static string Json(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\f' => quoted.Append("\\f"),
                '\b' => quoted.Append("\\b"),
                < ' ' or > '~' => quoted.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture)),
                _ => quoted.Append(letter),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A number, 0 to 1e9, with four decimals, as <c>format(value, '.4f')</c> writes it.</summary>
    public static string Fixed(double value)
    {
        if (double.IsNaN(value))
            return "nan";

        // .NET rounds a tie up, Python to the even digit. Only odd multiples of 1/32 are ties in the fifth decimal.
        const int inverse = 32;
        var tie = value * inverse == Math.Floor(value * inverse) && value * inverse % 2 != 0;
        return tie
            ? Math.Round((decimal)value, 4, MidpointRounding.ToEven).ToString("F4", CultureInfo.InvariantCulture)
            : value.ToString("F4", CultureInfo.InvariantCulture);
    }

    private static string Scientific(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : digits[..1] + "." + digits[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }
}
