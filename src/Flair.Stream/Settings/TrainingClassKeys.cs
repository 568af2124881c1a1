using System.Globalization;
using Flair.Nomenclatures;

namespace Flair.Settings;

/// <summary>
/// FLAIR-1's <c>classes</c>, <c>value in the masks: [weight, name]</c>. FLAIR-1 takes a class's place in the list for its value and overlooks
/// the key; keys that say something else are refused here, as they would silently train another map.
/// </summary>
internal static class TrainingClassKeys
{
    /// <summary>Reads the classes in their order; none where one is wrong, which the report then says.</summary>
    public static IReadOnlyList<TrainingClass> Read(SettingsSection root, SettingsReport report, bool startsAtOne)
    {
        root.Missing("classes", "classes", "give a line a class: value in the masks, colon, [weight, name]");
        if (root.Take("classes", "classes") is not { } node)
            return [];
        if (node is not MapNode map)
        {
            report.Fail(node.Origin, $"'classes' must be lines such as 1: [1, 'building'], not {node.Describe()}");
            return [];
        }

        var classes = new List<TrainingClass>();
        foreach (var entry in map.Entries)
        {
            if (ReadClass(entry, report) is { } read)
                classes.Add(read);
        }

        CheckOrder(map, report, startsAtOne);
        CheckNames(map, report);
        if (map.Entries.Count > Nomenclature.MaximumClasses)
            report.Fail("classes", $"'classes' has {map.Entries.Count} classes and a map has room for {Nomenclature.MaximumClasses}");
        if (classes.Count > 0 && classes.Count == map.Entries.Count && classes.TrueForAll(c => c.Weight == 0))
            report.Fail("classes", "every class has weight 0, so none would be learned or measured; give 1 to those that count");
        return classes.Count == map.Entries.Count ? classes : [];
    }

    private static TrainingClass? ReadClass(MapEntry entry, SettingsReport report)
    {
        var key = $"'classes.{entry.Key}'";
        if (entry.Value is not ListNode { Items: [var weightNode, var nameNode] })
        {
            report.Fail(entry.Value.Origin, $"{key} must be [weight, name], such as [1, 'building'], not {entry.Value.Describe()}{(entry.Value is ListNode list ? $" of {list.Items.Count}" : "")}");
            return null;
        }

        var weight = weightNode is ScalarNode { Plain: true } scalar
            && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : (double?)null;
        if (weight is not >= 0)
            report.Fail(weightNode.Origin, $"{key}: the weight must be a number, 0 or more, not {weightNode.Describe()}");
        var name = NameOf(nameNode);
        if (name is null)
            report.Fail(nameNode.Origin, $"{key}: the name must be text, not {nameNode.Describe()}");
        return weight is >= 0 && name is not null && TryValue(entry.Key, out var value) ? new(value, weight.Value, name) : null;
    }

    private static void CheckOrder(MapNode map, SettingsReport report, bool startsAtOne)
    {
        var first = startsAtOne ? 1 : 0;
        for (var i = 0; i < map.Entries.Count; i++)
        {
            if (TryValue(map.Entries[i].Key, out var value) && value == first + i)
                continue;
            var why = startsAtOne ? "from 1" : "from 0 (supervision_starts_at_one is False)";
            report.Fail(map.Entries[i].KeyOrigin, $"'classes' must be numbered {why} in steps of 1, as FLAIR-1 takes a class's place for its value: here belongs {first + i}, not {map.Entries[i].Key}");
            return;
        }

        if (map.Entries.Count == 0)
            report.Fail(map.Origin, "'classes' is empty; give a line a class: value in the masks, colon, [weight, name]");
    }

    // FLAIR-1 finds a class's figures by its name, so that of two with one name the first's would stand for both.
    private static void CheckNames(MapNode map, SettingsReport report)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            if (entry.Value is ListNode { Items: [_, var node] } && NameOf(node) is { } name && !seen.TryAdd(name, entry.Key))
                report.Fail(node.Origin, $"'classes.{seen[name]}' and 'classes.{entry.Key}' are both named '{name}'; give each its own name");
        }
    }

    private static string? NameOf(SettingsNode node) =>
        node is ScalarNode { IsNull: false } scalar && scalar.Text.Trim().Length > 0 && !scalar.Text.Any(char.IsControl) ? scalar.Text : null;

    private static bool TryValue(string key, out int value) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
