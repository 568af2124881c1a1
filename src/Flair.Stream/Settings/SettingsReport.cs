namespace Flair.Settings;

/// <summary>Collects what is wrong with a settings file, so that the user sees all of it at once, and where each setting was written.</summary>
internal sealed class SettingsReport(string source)
{
    private readonly Dictionary<string, (Origin Origin, string Key)> _places = new(StringComparer.Ordinal);

    /// <summary>One line an error.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Notes where the setting that <see cref="RunSettingsRules"/> calls <paramref name="setting"/> was written, and under which key.</summary>
    public void Note(string setting, Origin origin, string key) => _places[setting] = (origin, key);

    /// <summary>Adds an error at a place. It becomes one line, whatever the file's own words in it.</summary>
    public void Fail(Origin origin, string message) => Errors.Add($"{origin.Place}: {string.Concat(message.Select(c => char.IsControl(c) ? '�' : c))}");

    /// <summary>Adds an error about a setting; where it was not written, at its parent, or at the file.</summary>
    public void Fail(string setting, string message)
    {
        for (var parent = setting; parent.Length > 0; parent = Parent(parent))
        {
            if (_places.TryGetValue(parent, out var place))
            {
                Fail(place.Origin, message);
                return;
            }
        }

        Fail(new Origin(source, ""), message);
    }

    /// <summary>The key under which the user knows a setting.</summary>
    public string KeyOf(string setting) => _places.TryGetValue(setting, out var place) ? place.Key : setting;

    /// <summary>Throws when there are errors.</summary>
    /// <exception cref="FlairException">All of them, one a line.</exception>
    public void ThrowIfAny()
    {
        if (Errors.Count > 0)
            throw new FlairException(string.Join('\n', Errors.Distinct()));
    }

    private static string Parent(string setting)
    {
        var dot = setting.LastIndexOf('.');
        return dot < 0 ? "" : setting[..dot];
    }
}
