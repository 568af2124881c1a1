namespace Flair.Settings;

/// <summary>Writes the command line's overrides into the tree of a settings file, so that both are checked alike.</summary>
/// <param name="root">The file's tree; changed in place.</param>
/// <param name="report">Takes what is wrong with an option.</param>
/// <param name="directory">What paths in the options are relative to; empty leaves them as they are.</param>
internal sealed class OverrideMerger(MapNode root, SettingsReport report, string directory)
{
    /// <summary>Puts a text under a path of keys; null leaves the file as it is.</summary>
    public void Put(string option, string? value, params IReadOnlyList<string> keys)
    {
        if (value is not null)
            Put(Node(option, value), keys);
    }

    /// <summary>Puts a node under a path of keys; an item of a list is named by its number from 0 or its <c>name</c>.</summary>
    public void Put(SettingsNode value, params IReadOnlyList<string> keys)
    {
        SettingsNode at = root;
        for (var i = 0; i < keys.Count; i++)
        {
            var last = i == keys.Count - 1;
            if (at is MapNode map)
            {
                var next = map.Find(keys[i]);
                if (last || next is null or ScalarNode { IsNull: true })
                    map.Set(keys[i], next = last ? value : new MapNode(value.Origin));
                at = next;
            }
            else if (at is ListNode list && Find(list, keys[i]) is var index and >= 0)
            {
                if (last)
                    list.Items[index] = value;
                at = list.Items[index];
            }
            else
            {
                report.Fail(value.Origin, at is ListNode ? $"'{string.Join('.', keys.Take(i))}' has no item '{keys[i]}'" : $"'{string.Join('.', keys.Take(i))}' is {at.Describe()} and has no keys");
                return;
            }
        }
    }

    /// <summary>Applies each <c>KEY.PATH=VALUE</c>.</summary>
    public void PutAll(IReadOnlyList<string> sets)
    {
        foreach (var set in sets)
        {
            var equals = set.IndexOf('=', StringComparison.Ordinal);
            var origin = new Origin(equals <= 0 ? $"--set {RemotePlaces.WithoutSecret(set)}" : $"--set {set[..(equals + 1)]}{RemotePlaces.WithoutSecret(set[(equals + 1)..])}", directory);
            if (equals <= 0)
                report.Fail(origin, "expected KEY=VALUE, a key of the settings file and its new value");
            else
                Put(YamlTree.ParseValue(set[(equals + 1)..], origin, report.Errors), set[..equals].Split('.'));
        }
    }

    /// <summary>A text from an option, never a number or null.</summary>
    public ScalarNode Node(string option, string value) => new(new Origin($"{option} {RemotePlaces.WithoutSecret(value)}", directory), value, plain: false);

    private static int Find(ListNode list, string key) =>
        int.TryParse(key, out var index) && index >= 0 && index < list.Items.Count
            ? index
            : list.Items.FindIndex(item => item is MapNode map && map.Find("name") is ScalarNode name && name.Text == key);
}
