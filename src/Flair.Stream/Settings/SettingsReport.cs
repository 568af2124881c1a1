namespace Flair.Settings;

/// <summary>Collects what is wrong with a settings file, so that the user sees all of it at once, and where each setting was written.</summary>
internal sealed class SettingsReport(string source)
{
    /// <summary>Beyond so many lines nobody reads on.</summary>
    private const int MostShown = 100;

    private readonly Dictionary<string, (Origin Origin, string Key)> _places = new(StringComparer.Ordinal);

    /// <summary>One line an error.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>True when no further line will be shown, so that none is worth an effort.</summary>
    public bool IsFull => Errors.Count > MostShown;

    /// <summary>Notes where the setting that <see cref="RunSettingsRules"/> calls <paramref name="setting"/> was written, and under which key.</summary>
    public void Note(string setting, Origin origin, string key) => _places[setting] = (origin, key);

    /// <summary>Adds an error at a place. It becomes one line, whatever the file's own words in it.</summary>
    public void Fail(Origin origin, string message) => Errors.Add(Line(origin, message));

    /// <summary>An error at a place as one line.</summary>
    public static string Line(Origin origin, string message) => $"{origin.Place}: {MessageText.OneLine(message)}";

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
        {
            var lines = Errors.Distinct().ToList();
            var more = lines.Count - MostShown;
            throw new FlairException(string.Join('\n', lines.Take(MostShown)) + (more > 0 ? $"\n{source}: and {more} more" : ""));
        }
    }

    private static string Parent(string setting)
    {
        var dot = setting.LastIndexOf('.');
        return dot < 0 ? "" : setting[..dot];
    }
}
