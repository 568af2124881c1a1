using Flair.Checkpoints;
using Flair.Models;

namespace Flair.Inference;

/// <summary>Compares a file's tensors with those a network needs, as PyTorch's <c>load_state_dict(strict=True)</c> does.</summary>
internal static class StateDictMatcher
{
    /// <summary>What differs; nothing where the tensors fit.</summary>
    public static StateDictDifferences Compare(IReadOnlyList<ParameterSpec> specs, StateDict state)
    {
        var missing = new List<string>();
        var unlike = new List<(ParameterSpec Spec, StoredTensor Stored)>();
        foreach (var spec in specs)
        {
            if (state.TryGet(spec.Name, out var stored))
            {
                if (!Fits(spec, stored))
                    unlike.Add((spec, stored));
            }
            // PyTorch before 0.4.1 did not have the counters of batch norms; they are only used in training, and it takes 0 for them as well.
            else if (!spec.IsCounter)
            {
                missing.Add(spec.Name);
            }
        }

        var needed = specs.Select(spec => spec.Name).ToHashSet(StringComparer.Ordinal);
        return new(missing, [.. state.Select(entry => entry.Key).Where(name => !needed.Contains(name))], unlike);
    }

    /// <summary>The needed tensors in the order of the network. <see cref="Compare"/> has found nothing.</summary>
    /// <param name="file">Where they are from, for the message.</param>
    /// <param name="specs">What the network needs.</param>
    /// <param name="state">The file's tensors.</param>
    /// <exception cref="FlairException">A value is infinite or NaN: every pixel that it reaches would be of the first class.</exception>
    public static StateDict Take(string file, IReadOnlyList<ParameterSpec> specs, StateDict state)
    {
        var result = new StateDict();
        var broken = new List<string>();
        foreach (var spec in specs)
        {
            var tensor = state.TryGet(spec.Name, out var stored) ? stored : new StoredTensor(spec.Type, spec.Shape, new byte[sizeof(long)]);
            result.Add(spec.Name, tensor);
            if (!TensorValues.AreFinite(tensor))
                broken.Add(spec.Name);
        }

        return broken.Count == 0
            ? result
            : throw new FlairException(
                $"{file}: NaN or infinity in {broken.Count} of {specs.Count} tensors, first in {broken[0]}, as a training leaves that diverged; take a checkpoint of an earlier epoch");
    }

    /// <summary>Whether a stored tensor can be loaded into the parameter.</summary>
    public static bool Fits(ParameterSpec spec, StoredTensor stored) =>
        stored.Shape.SequenceEqual(spec.Shape) && IsFloat(stored.Type) == IsFloat(spec.Type);

    private static bool IsFloat(ScalarType type) => type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;
}

/// <summary>How a file differs from a network.</summary>
/// <param name="Missing">Tensors that the file lacks.</param>
/// <param name="LeftOver">Tensors that the network lacks.</param>
/// <param name="Unlike">Tensors of another shape, or whole numbers in place of fractions.</param>
internal sealed record StateDictDifferences(
    IReadOnlyList<string> Missing, IReadOnlyList<string> LeftOver, IReadOnlyList<(ParameterSpec Spec, StoredTensor Stored)> Unlike)
{
    private const int Shown = 3;

    /// <summary>How many tensors differ.</summary>
    public int Count => Missing.Count + LeftOver.Count + Unlike.Count;

    /// <summary>The counts and the first few names, e.g. <c>1 tensor is missing (a), 2 are left over (b, c)</c>.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        Add("missing", Missing);
        Add("left over", LeftOver);
        Add("of another shape or type", [.. Unlike.Select(Describe)]);
        return string.Join(", ", parts);

        void Add(string what, IReadOnlyList<string> names)
        {
            if (names.Count == 0)
                return;
            var noun = parts.Count > 0 ? string.Empty : names.Count == 1 ? "tensor " : "tensors ";
            var rest = names.Count > Shown ? ", …" : string.Empty;
            parts.Add($"{names.Count} {noun}{(names.Count == 1 ? "is" : "are")} {what} ({string.Join(", ", names.Take(Shown))}{rest})");
        }
    }

    private static string Describe((ParameterSpec Spec, StoredTensor Stored) pair)
    {
        var (spec, stored) = pair;
        return spec.Shape.SequenceEqual(stored.Shape)
            ? $"{spec.Name} is {stored.Type.TorchName()} instead of {spec.Type.TorchName()}"
            : $"{spec.Name} is [{string.Join(", ", stored.Shape)}] instead of [{string.Join(", ", spec.Shape)}]";
    }
}
