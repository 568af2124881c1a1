namespace Flair.Models;

/// <summary>The heights and widths of an input that a network takes, in pixels.</summary>
/// <param name="Multiple">They are multiples of it; 1 or more.</param>
/// <param name="Least">The smallest of them, itself a multiple.</param>
public readonly record struct InputSizes(int Multiple, int Least)
{
    /// <summary>Any multiple.</summary>
    /// <param name="multiple">1 or more.</param>
    public InputSizes(int multiple)
        : this(multiple, multiple)
    {
    }

    /// <summary>Whether this is one of them.</summary>
    public bool Contains(long side) => side >= Least && side % Multiple == 0;

    /// <summary>Whether both are among them.</summary>
    public bool Contains(long height, long width) => Contains(height) && Contains(width);

    /// <summary>The one that is nearest.</summary>
    public int Nearest(int side) => Math.Max(Least, (int)Math.Round(side / (double)Multiple) * Multiple);

    /// <summary>One of them in words, e.g. <c>a multiple of 16 from 128 on</c>.</summary>
    public string One => $"a multiple of {InWords}";

    private string InWords => Least > Multiple ? $"{Multiple} from {Least} on" : $"{Multiple}";

    /// <summary>All of them in words, e.g. <c>multiples of 16 from 128 on</c>.</summary>
    public override string ToString() => $"multiples of {InWords}";
}
