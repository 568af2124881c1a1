namespace Flair.Tiles;

/// <summary>Capital letters for a preview's legend: 5 × 7 dots, so that no font has to be installed.</summary>
internal static class PreviewText
{
    /// <summary>Columns from a character to the next, in dots.</summary>
    public const int Advance = 6;

    /// <summary>Rows of a character, in dots.</summary>
    public const int Height = 7;

    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./";

    /// <summary>Seven rows a character from the top, a digit of base 32 each, whose highest bit is the leftmost dot.</summary>
    private const string Rows =
        "EHHVHHHUHHUHHUEHGGGHEUHHHHHUVGGUGGVVGGUGGGEHGNHHEHHHVHHHE44444E72222ICHIKOKIHGGGGGGV"
        + "HRLLHHHHPLJHHHEHHHHHEUHHUGGGEHHHLIDUHHUKIHFGGE11UV444444HHHHHHEHHHHHA4HHHLLRHHHA4AHH"
        + "HHA4444V1248GVEHJLPHE4C4444EEH1248VEH161HE26AIV22VGU11HE68GUHHEV124444EHHEHHEEHHF12C"
        + "000E00000000CC01248G0";

    /// <summary>The dots of a text, as column and row; what has no shape is a space.</summary>
    public static IEnumerable<(int X, int Y)> Dots(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            int shape = Characters.IndexOf(char.ToUpperInvariant(text[i]), StringComparison.Ordinal);
            if (shape < 0)
                continue;
            for (int y = 0; y < Height; y++)
            {
                char digit = Rows[(shape * Height) + y];
                int bits = digit <= '9' ? digit - '0' : digit - 'A' + 10;
                for (int x = 0; x < 5; x++)
                {
                    if ((bits & (16 >> x)) != 0)
                        yield return ((i * Advance) + x, y);
                }
            }
        }
    }
}
