using System.Globalization;
using Flair.Settings;

namespace Flair.Nomenclatures;

/// <content>The nomenclatures that need no file.</content>
public sealed partial record Nomenclature
{
    private const string NumberedPrefix = "classes-";

    // FLAIR's labels 1 to 19 in order (https://ignf.github.io/FLAIR): index = label − 1.
    private static readonly (string Name, int Color)[] s_flair =
    [
        ("building", 0xdb0e9a), ("pervious surface", 0x938e7b), ("impervious surface", 0xf80c00), ("bare soil", 0xa97101), ("water", 0x1553ae),
        ("coniferous", 0x194a26), ("deciduous", 0x46e483), ("brushwood", 0xf3a60d), ("vineyard", 0x660082), ("herbaceous vegetation", 0x55ff00),
        ("agricultural land", 0xfff30d), ("plowed land", 0xe4df7c), ("swimming_pool", 0x3de6eb), ("snow", 0xffffff), ("clear cut", 0x8ab3a0),
        ("mixed", 0x6b714f), ("ligneous", 0xc5dc42), ("greenhouse", 0x9999ff), ("other", 0x000000),
    ];

    // FLAIR-HUB's land cover (COSIA), another order.
    private static readonly (string Name, int Color)[] s_flairHub =
    [
        ("building", 0xdb0e9a), ("greenhouse", 0x9999ff), ("swimming_pool", 0x3de6eb), ("impervious surface", 0xf80c00),
        ("pervious surface", 0x938e7b), ("bare soil", 0xa97101), ("water", 0x1553ae), ("snow", 0xffffff), ("herbaceous vegetation", 0x55ff00),
        ("agricultural land", 0xfff30d), ("plowed land", 0xe4df7c), ("vineyard", 0x660082), ("deciduous", 0x46e483), ("coniferous", 0x194a26),
        ("brushwood", 0xf3a60d), ("clear cut", 0x8ab3a0), ("ligneous", 0xc5dc42), ("mixed", 0x6b714f), ("undefined", 0x000000),
    ];

    private static readonly IReadOnlyList<Nomenclature> s_builtIn =
    [
        Make("flair-19", s_flair),
        // The published 15-class models keep 19 logits; labels 15, 16, 17 and 19 had weight 0 in training.
        Make("flair-15", s_flair, 14, 15, 16, 18),
        Make("flair-13", [.. s_flair[..12], ("other", 0x000000)]),
        Make("flair-12", s_flair[..12]),
        Make("flair-hub", s_flairHub, 15, 16, 17, 18),
    ];

    /// <summary>The names that <see cref="BuiltIn"/> takes besides <c>classes-1</c> to <c>classes-255</c>.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } = [.. s_builtIn.Select(entry => entry.Name)];

    /// <summary>Whether <see cref="BuiltIn"/> takes that name.</summary>
    public static bool IsBuiltIn(string name) => Find(name) is not null;

    /// <summary>
    /// FLAIR's and FLAIR-HUB's class sets; or <c>classes-N</c>, N numbered classes, for a network of which only the number of logits is known.
    /// </summary>
    /// <param name="name">One of <see cref="BuiltInNames"/>, or <c>classes-N</c> with N from 1 to 255.</param>
    /// <exception cref="FlairException">There is none of that name; the message names the nearest.</exception>
    public static Nomenclature BuiltIn(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(name) ?? throw new FlairException(
            $"model.classes: there is no nomenclature '{name}' ({string.Join(", ", BuiltInNames)}, or the path of a YAML file)"
            + NearestName.Hint(name, BuiltInNames));
    }

    /// <summary>The built-in nomenclatures with that many logits.</summary>
    internal static IReadOnlyList<string> NamesWith(int logits) => [.. s_builtIn.Where(entry => entry.Classes.Count == logits).Select(entry => entry.Name)];

    private static Nomenclature? Find(string name)
    {
        if (name.StartsWith(NumberedPrefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(NumberedPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= 1 and <= MaximumClasses)
        {
            return Make($"{NumberedPrefix}{count}", [.. Enumerable.Range(0, count).Select(index => ($"class {index + 1}", DistinctColor(index)))]);
        }

        return s_builtIn.FirstOrDefault(entry => entry.Name == name);
    }

    private static Nomenclature Make(string name, IReadOnlyList<(string Name, int Color)> classes, params int[] inactive) =>
        new(name, [.. classes.Select((entry, index) => new LandCoverClass(index, entry.Name, entry.Color, !inactive.Contains(index)))]);

    // Hues a golden angle apart, in three lightnesses, so that neighbours in the list look different.
    private static int DistinctColor(int index)
    {
        var hue = index * 137.50776405 % 360 / 60;
        var value = new[] { 230, 170, 115 }[index % 3];
        var low = value / 4;
        var middle = (int)Math.Round(low + ((value - low) * (1 - Math.Abs((hue % 2) - 1))));
        var (red, green, blue) = (int)hue switch
        {
            0 => (value, middle, low),
            1 => (middle, value, low),
            2 => (low, value, middle),
            3 => (low, middle, value),
            4 => (middle, low, value),
            _ => (value, low, middle),
        };
        return (red << 16) | (green << 8) | blue;
    }
}
