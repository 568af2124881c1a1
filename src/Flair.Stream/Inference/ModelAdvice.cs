using Flair.Checkpoints;
using Flair.Models;
using Flair.Nomenclatures;
using Flair.Settings;

namespace Flair.Inference;

/// <summary>Says which model a file that does not fit was made for.</summary>
internal static class ModelAdvice
{
    /// <summary>How to get that many classes.</summary>
    public static string ForClasses(int logits)
    {
        var names = Nomenclature.NamesWith(logits);
        return names.Count > 0
            ? $"set model.classes to {string.Join(" or ", names)}"
            : logits <= Nomenclature.MaximumClasses ? $"name a YAML file of {logits} classes as model.classes, or classes-{logits}" : "no more than 255 classes can be mapped";
    }

    /// <summary>The message for weights that do not fit: what differs, and the nearest model that would.</summary>
    public static string ForMismatch(ModelSettings settings, StateDict state, StateDictDifferences differences, int channels, Nomenclature nomenclature)
    {
        var classes = nomenclature.Classes.Count;
        var asked = $"{settings.Architecture} with {Count(channels, "channel")} and {Count(classes, "class", "es")}";
        var what = $"{settings.Weights}: does not fit {asked}: {differences}";
        var nearest = Nearest(settings.Architecture, state, channels, classes);
        return nearest.Differences == 0
            ? $"{what}; it fits {nearest.Describe()}: {Change(nearest, settings, channels, nomenclature)}"
            : $"{what}; {Describe(nearest)}";
    }

    /// <summary>The nearest model to a file's tensors, as the end of a message, e.g. <c>it fits resnet34_unet with 3 channels and 13 classes</c>.</summary>
    public static string NearestModel(string architecture, StateDict state, int channels, int classes) =>
        Describe(Nearest(architecture, state, channels, classes));

    private static Candidate Nearest(string architecture, StateDict state, int channels, int classes) => ArchitectureRegistry.Names
        .OrderByDescending(name => name == architecture)
        .Select(name => Fit(name, state, channels, classes))
        .MinBy(fit => fit.Differences);

    private static string Describe(Candidate nearest) => nearest.Differences switch
    {
        0 => $"it fits {nearest.Describe()}",
        var differences when differences < nearest.Tensors / 4 =>
            $"the nearest model is {nearest.Describe()}, from which {Count(differences, "tensor")} of {nearest.Tensors} differ",
        _ => $"it is the state dict of none of the models known here ({ArchitectureRegistry.Listing})",
    };

    private static string Change(Candidate fit, ModelSettings settings, int channels, Nomenclature nomenclature)
    {
        var changes = new List<string>();
        if (fit.Name != settings.Architecture)
            changes.Add($"set model.architecture to {fit.Name}");
        if (fit.Channels != channels)
            changes.Add($"give inputs of {Count(fit.Channels, "channel")} instead of {channels}");
        if (fit.Classes != nomenclature.Classes.Count)
            changes.Add($"{ForClasses(fit.Classes)} instead of {nomenclature.Name}");
        return string.Join(", ", changes);
    }

    /// <summary>The model of that name with the channels and classes that the file itself shows, where it has the tensors that show them.</summary>
    private static Candidate Fit(string name, StateDict state, int channels, int classes)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        var one = architecture.Describe(encoder, 1, 1);
        var ownChannels = Shown(one, architecture.Describe(encoder, 2, 1), state) ?? channels;
        var ownClasses = Shown(one, architecture.Describe(encoder, 1, 2), state) ?? classes;
        var specs = architecture.Describe(encoder, ownChannels, ownClasses);
        return new(name, ownChannels, ownClasses, specs.Count, StateDictMatcher.Compare(specs, state).Count);
    }

    /// <summary>The size of the dimension by which two descriptions of a network first differ, as the file has it.</summary>
    private static int? Shown(IReadOnlyList<ParameterSpec> one, IReadOnlyList<ParameterSpec> two, StateDict state)
    {
        foreach (var (first, second) in one.Zip(two))
        {
            for (var d = 0; d < Math.Min(first.Shape.Count, second.Shape.Count); d++)
            {
                // Only a dimension that is the number itself, not a multiple of it.
                if ((first.Shape[d], second.Shape[d]) == (1, 2))
                    return state.TryGet(first.Name, out var stored) && stored.Shape.Count == first.Shape.Count && stored.Shape[d] is >= 1 and <= 4096 ? (int)stored.Shape[d] : null;
            }
        }

        return null;
    }

    private static string Count(int number, string noun, string plural = "s") => number == 1 ? $"1 {noun}" : $"{number} {noun}{plural}";

    private readonly record struct Candidate(string Name, int Channels, int Classes, int Tensors, int Differences)
    {
        public string Describe() => $"{Name} with {Count(Channels, "channel")} and {Count(Classes, "class", "es")}";
    }
}
