using System.Globalization;
using Flair.Settings;

namespace Flair.Nomenclatures;

/// <summary>The YAML of a nomenclature.</summary>
internal static class NomenclatureFile
{
    private const string Example = "- { name: water, color: \"#1553ae\" }";
    private static readonly string[] Keys = ["name", "color", "active"];

    /// <summary>Reads a list of classes in the order of the logits. The first error is reported.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="path">The file, for messages; the nomenclature is named after it.</param>
    public static Nomenclature Parse(string text, string path)
    {
        var duplicates = new List<string>();
        var root = YamlTree.ParseDocument(text, path, Path.GetDirectoryName(path) ?? string.Empty, duplicates);
        if (duplicates.Count > 0)
            throw new FlairException(duplicates[0]);
        if (root is not ListNode { Items.Count: > 0 } list)
            throw new FlairException($"{root.Origin.Place}: a nomenclature is a list of classes such as '{Example}', not {root.Describe()}");
        if (list.Items.Count > Nomenclature.MaximumClasses)
            throw new FlairException($"{root.Origin.Place}: {list.Items.Count} classes are more than the {Nomenclature.MaximumClasses} that 8 bits hold");

        var classes = new List<LandCoverClass>();
        foreach (var item in list.Items)
        {
            var entry = ParseClass(item, classes.Count);
            if (classes.Find(other => other.Name == entry.Name) is { } twin)
                throw new FlairException($"{item.Origin.Place}: class {entry.Index} has the name of class {twin.Index}, '{entry.Name}'; give each its own");
            classes.Add(entry);
        }

        return classes.Exists(entry => entry.Active)
            ? new(Path.GetFileNameWithoutExtension(path), classes)
            : throw new FlairException($"{root.Origin.Place}: no class is active, so none could be predicted; take 'active: false' away from some");
    }

    private static LandCoverClass ParseClass(SettingsNode node, int index)
    {
        if (node is not MapNode map)
            throw new FlairException($"{node.Origin.Place}: a class is written like '{Example}', not as {node.Describe()}");
        if (map.Entries.Find(entry => !Keys.Contains(entry.Key)) is { } unknown)
            throw new FlairException($"{unknown.KeyOrigin.Place}: unknown key '{unknown.Key}'{NearestName.Suggest(unknown.Key, Keys)}");
        return new(index, ParseName(map), ParseColor(map), ParseActive(map));
    }

    private static string ParseName(MapNode map) => map.Find("name") switch
    {
        ScalarNode { IsNull: false } name when !string.IsNullOrWhiteSpace(name.Text) && !name.Text.Any(char.IsControl) => name.Text,
        var other => throw new FlairException($"{(other ?? map).Origin.Place}: a class needs a name, as in '{Example}'"),
    };

    private static int ParseColor(MapNode map)
    {
        var node = map.Find("color");
        if (node is ScalarNode { Text: ['#', .. { Length: 6 } digits] } && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var color))
            return color;

        // Unquoted, YAML takes #1553ae for a comment.
        throw new FlairException(node is ScalarNode { IsNull: true }
            ? $"{node.Origin.Place}: the colour is empty; write it in quotes, as in '{Example}'"
            : $"{(node ?? map).Origin.Place}: a class needs a colour \"#rrggbb\" in quotes, as in '{Example}'");
    }

    private static bool ParseActive(MapNode map) => map.Find("active") switch
    {
        null => true,
        ScalarNode { Plain: true } flag when bool.TryParse(flag.Text, out var active) => active,
        var other => throw new FlairException($"{other.Origin.Place}: 'active' must be true or false, not {other.Describe()}"),
    };
}
