using System.Globalization;

namespace Flair.Settings;

/// <summary>
/// One mapping of a settings file, read by type. What is wrong goes into the report and reads as absent, so that one pass finds every
/// error. A key with nothing behind it counts as absent.
/// </summary>
internal sealed class SettingsSection
{
    private readonly MapNode _map;
    private readonly SettingsReport _report;
    private readonly string _path;

    private SettingsSection(MapNode map, SettingsReport report, string path)
    {
        _map = map;
        _report = report;
        _path = path;
    }

    public Origin Origin => _map.Origin;

    /// <summary>Opens a mapping whose keys must be among <paramref name="keys"/>.</summary>
    public static SettingsSection Open(MapNode map, SettingsReport report, string path, params IReadOnlyList<string> keys)
    {
        foreach (var entry in map.Entries.Where(e => !keys.Contains(e.Key)))
        {
            var under = path.Length > 0 ? $" under '{path}'" : "";
            report.Fail(entry.KeyOrigin, $"unknown key '{entry.Key}'{under}{(report.IsFull ? "" : NearestName.Suggest(entry.Key, keys))}");
        }

        return new SettingsSection(map, report, path);
    }

    /// <summary>The mapping behind a key, or null.</summary>
    public SettingsSection? Section(string key, string setting, params IReadOnlyList<string> keys)
    {
        if (Take(key, setting) is not { } node)
            return null;
        if (node is MapNode map)
            return Open(map, _report, FullKey(key), keys);
        Wrong(node, key, "keys and values");
        return null;
    }

    /// <summary>The node behind a key, or null when there is nothing.</summary>
    public SettingsNode? Take(string key, string setting)
    {
        var node = _map.Find(key);
        if (node is null or ScalarNode { IsNull: true })
            return null;
        _report.Note(setting, node.Origin, FullKey(key));
        return node;
    }

    public string? Text(string key, string setting)
    {
        var node = Take(key, setting);
        if (node is null || IsText(node))
            return (node as ScalarNode)?.Text;
        Wrong(node, key, "text");
        return null;
    }

    /// <summary>A path, made absolute where its origin says so.</summary>
    public string? Path(string key, string setting) => Text(key, setting) is { } text ? SettingsPaths.Resolve(text, Take(key, setting)!.Origin.Directory) : null;

    /// <summary>One text or a list of them, each with its origin.</summary>
    public IReadOnlyList<ScalarNode>? Texts(string key, string setting)
    {
        var node = Take(key, setting);
        var items = node is ListNode list ? list.Items : node is null ? [] : [node];
        var texts = items.Where(IsText).Cast<ScalarNode>().ToArray();
        if (node is null || (texts.Length == items.Count && texts.Length > 0))
            return node is null ? null : texts;
        Wrong(items.FirstOrDefault(i => !IsText(i)) ?? node, key, "text or a list of texts");
        return null;
    }

    public int? Integer(string key, string setting) => Scalar(key, setting, "a whole number", Parse.Integer);

    public double? Number(string key, string setting) => Scalar(key, setting, "a number", Parse.Number);

    public bool? Flag(string key, string setting) => Scalar(key, setting, "true or false", Parse.Flag);

    public IReadOnlyList<int>? Integers(string key, string setting) => List(key, setting, "a list of whole numbers such as [1, 2, 3]", Parse.Integer);

    public IReadOnlyList<double>? Numbers(string key, string setting) => List(key, setting, "a list of numbers such as [105.08, 110.87]", Parse.Number);

    /// <summary>One of a few words.</summary>
    public T? Choice<T>(string key, string setting, params IReadOnlyList<(string Word, T Value)> words)
        where T : struct
    {
        if (Text(key, setting) is not { } text)
            return null;
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }

        var all = words.Select(w => w.Word).ToArray();
        _report.Fail(Take(key, setting)!.Origin, $"'{FullKey(key)}' must be {string.Join(" or ", all)}, not '{text}'{NearestName.Hint(text, all)}");
        return null;
    }

    /// <summary>Reports that a key must be there, unless it is there with something wrong, which has been reported already.</summary>
    public void Missing(string key, string setting, string advice)
    {
        if (Take(key, setting) is null)
            _report.Fail(_map.Entries.Find(e => e.Key == key)?.KeyOrigin ?? Origin, $"the key '{FullKey(key)}' is missing: {advice}");
    }

    private string FullKey(string key) => _path.Length > 0 ? $"{_path}.{key}" : key;

    // No path and no name may hold a NUL, which ends a string for the libraries below.
    private static bool IsText(SettingsNode node) =>
        node is ScalarNode { Text.Length: > 0, IsNull: false } scalar && !scalar.Text.Contains('\0', StringComparison.Ordinal);

    private void Wrong(SettingsNode node, string key, string expected) =>
        _report.Fail(node.Origin, $"'{FullKey(key)}' must be {expected}, not {node.Describe()}");

    private T? Scalar<T>(string key, string setting, string expected, Func<ScalarNode, T?> parse)
        where T : struct
    {
        var node = Take(key, setting);
        if (node is null)
            return null;
        if (node is ScalarNode scalar && parse(scalar) is { } value)
            return value;
        Wrong(node, key, expected);
        return null;
    }

    private List<T>? List<T>(string key, string setting, string expected, Func<ScalarNode, T?> parse)
        where T : struct
    {
        var node = Take(key, setting);
        if (node is null)
            return null;
        if (node is not ListNode list)
        {
            Wrong(node, key, expected);
            return null;
        }

        var values = new List<T>();
        foreach (var item in list.Items)
        {
            if (item is ScalarNode scalar && parse(scalar) is { } value)
                values.Add(value);
            else
                Wrong(item, key, expected);
        }

        return values.Count == list.Items.Count ? values : null;
    }

    // YAML 1.1's words for flags, as PyYAML reads FLAIR-1's files.
    private static class Parse
    {
        public static int? Integer(ScalarNode node) =>
            node.Plain && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

        public static double? Number(ScalarNode node) =>
            node.Plain && double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

        public static bool? Flag(ScalarNode node) => !node.Plain ? null : node.Text.ToUpperInvariant() switch
        {
            "TRUE" or "YES" or "ON" => true,
            "FALSE" or "NO" or "OFF" => false,
            _ => null,
        };
    }
}
