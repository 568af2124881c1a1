namespace Flair.Settings;

/// <summary>Where a value was written, for messages, and what its relative paths are relative to.</summary>
/// <param name="Place"><c>file.yaml:12:3</c>, or the command-line option with its value.</param>
/// <param name="Directory">The directory that relative paths start from; empty leaves them as they are (the working directory).</param>
internal readonly record struct Origin(string Place, string Directory);

/// <summary>A node of a settings file, or of the command line once merged into it.</summary>
internal abstract class SettingsNode(Origin origin)
{
    public Origin Origin { get; } = origin;

    /// <summary>What the node is, as a message says it.</summary>
    public abstract string Describe();
}

/// <summary>Text, a number, a flag, or nothing at all.</summary>
internal sealed class ScalarNode(Origin origin, string text, bool plain) : SettingsNode(origin)
{
    /// <summary>The text; an address comes without its query, which may be a secret.</summary>
    public string Text { get; } = RemotePlaces.WithoutSecret(text);

    /// <summary>False for quoted text, which is never a number, a flag or null.</summary>
    public bool Plain { get; } = plain;

    public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Describe() => IsNull ? "nothing" : Plain ? Text : $"the text '{Text}'";
}

/// <summary>A sequence.</summary>
internal sealed class ListNode(Origin origin) : SettingsNode(origin)
{
    public List<SettingsNode> Items { get; } = [];

    public override string Describe() => "a list";
}

/// <summary>A mapping, in the order of the file.</summary>
internal sealed class MapNode(Origin origin) : SettingsNode(origin)
{
    public List<MapEntry> Entries { get; } = [];

    public override string Describe() => "keys and values";

    public SettingsNode? Find(string key) => Entries.Find(e => e.Key == key)?.Value;

    /// <summary>Replaces or adds a value; a value that is replaced leaves its place to the new one.</summary>
    public void Set(string key, SettingsNode value)
    {
        var entry = new MapEntry(key, value.Origin, value);
        var index = Entries.FindIndex(e => e.Key == key);
        if (index >= 0)
            Entries[index] = entry;
        else
            Entries.Add(entry);
    }
}

/// <summary>One key with its value.</summary>
internal sealed record MapEntry(string Key, Origin KeyOrigin, SettingsNode Value);
