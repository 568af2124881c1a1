using Flair.Nomenclatures;
using Flair.Settings;

namespace Flair.Reporting;

/// <summary>Colours for the classes of a training, whose settings name none: FLAIR's for a class that bears a name of FLAIR's or FLAIR-HUB's, others for the rest.</summary>
internal static class ClassPalette
{
    private static readonly Dictionary<string, int> s_known = Known();

    /// <summary>The classes in their order, with colours.</summary>
    public static IReadOnlyList<LandCoverClass> Of(IReadOnlyList<TrainingClass> classes)
    {
        var spare = Nomenclature.BuiltIn($"classes-{classes.Count}").Classes;
        return [.. classes.Select((entry, index) =>
            new LandCoverClass(index, entry.Name, s_known.TryGetValue(Plain(entry.Name), out var color) ? color : spare[index].Color, entry.Weight != 0))];
    }

    private static Dictionary<string, int> Known()
    {
        var colors = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var land in Nomenclature.BuiltIn("flair-19").Classes.Concat(Nomenclature.BuiltIn("flair-hub").Classes))
            colors.TryAdd(Plain(land.Name), land.Color);
        return colors;
    }

    private static string Plain(string name) => name.Replace('_', ' ').Trim();
}
