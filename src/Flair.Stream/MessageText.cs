namespace Flair;

/// <summary>Messages quote what files say, which may be anything: line feeds, a terminal's control codes, megabytes.</summary>
internal static class MessageText
{
    private const int Longest = 3000;

    /// <summary>A text as one line of bounded length.</summary>
    public static string OneLine(string text)
    {
        var shown = text.Length > Longest ? text[..Longest] + "…" : text;
        return shown.Any(char.IsControl) ? string.Concat(shown.Select(letter => char.IsControl(letter) ? '�' : letter)) : shown;
    }
}
