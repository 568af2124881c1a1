using System.Text;

namespace Flair.Nomenclatures;

/// <summary>The classes a model tells apart, in the order of its logits. It travels with the model.</summary>
/// <param name="Name">E.g. <c>flair-19</c>.</param>
/// <param name="Classes">One a logit.</param>
public sealed partial record Nomenclature(string Name, IReadOnlyList<LandCoverClass> Classes)
{
    /// <summary>The most classes there can be: a code and nodata share 8 bits.</summary>
    public const int MaximumClasses = 255;

    /// <summary>SHA-256 in lower-case hexadecimal of the name and of each class's index, name, colour and activity.</summary>
    public string ComputeFingerprint()
    {
        var text = new StringBuilder().Append(Name).Append('\n');
        foreach (var entry in Classes)
            text.Append($"{entry.Index}\t{entry.Name}\t{entry.Color:x6}\t{(entry.Active ? "active" : "inactive")}\n");
        return Sha256.OfText(text.ToString());
    }
}

/// <summary>One class.</summary>
/// <param name="Index">Its logit, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Color">Its colour as 0xRRGGBB.</param>
/// <param name="Active">False for a class that the model was not trained on and must never predict.</param>
public sealed record LandCoverClass(int Index, string Name, int Color, bool Active = true);
