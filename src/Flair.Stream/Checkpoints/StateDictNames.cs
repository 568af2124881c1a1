using System.Runtime.InteropServices;

namespace Flair.Checkpoints;

/// <summary>Takes from the names in a state dict what the training that saved it put before them, and puts it there.</summary>
public static class StateDictNames
{
    /// <summary>The class weights in FLAIR-1's Lightning module: a buffer of its <c>torch.nn.CrossEntropyLoss</c>.</summary>
    internal const string CriterionWeight = "criterion.weight";

    private const string FlairPrefix = "seg_model.";
    private const string MetadataPrefix = "enc.enc_mlp.";
    private static readonly string[] WholePrefixes = ["model.", "module.", "_orig_mod."];

    /// <summary>
    /// The network's own tensors under its own names. As FLAIR-1's <c>flair-detect</c> does, where names contain <c>seg_model.</c> (its
    /// Lightning module writes <c>model.seg_model.</c>) what follows is kept and all other tensors are dropped. The loss's weights
    /// (<c>criterion.…</c>) are dropped. <c>model.</c>, <c>module.</c> (DataParallel) and <c>_orig_mod.</c> (torch.compile) are taken
    /// away where all names begin with them.
    /// </summary>
    /// <param name="state">The tensors under the names of a file.</param>
    /// <param name="keepMetadata">
    /// Also keep FLAIR-1's metadata encoder, which it stores beside <c>seg_model.</c>, as <c>enc.enc_mlp.…</c>; for a network made with metadata.
    /// <c>flair-detect</c> drops it.
    /// </param>
    /// <exception cref="FlairException">Two tensors would have one name.</exception>
    public static StateDict Strip(StateDict state, bool keepMetadata = false)
    {
        ArgumentNullException.ThrowIfNull(state);
        var result = new StateDict();
        foreach (var (stored, name) in Map([.. state.Select(entry => entry.Key)], keepMetadata))
        {
            if (result.TryGet(name, out _))
                throw new FlairException($"two of its tensors are named {name} once their prefixes are taken away; save the network's own state_dict()");
            result.Add(name, state[stored]);
        }

        return result;
    }

    /// <summary>
    /// The network's tensors under the names of FLAIR-1's Lightning module: <c>model.seg_model.…</c>, or <c>model.enc.enc_mlp.…</c> for the
    /// metadata encoder (<c>enc.enc_mlp.…</c>), then <c>criterion.weight</c> where the loss has class weights. The inverse of
    /// <see cref="Strip"/>.
    /// </summary>
    /// <param name="network">The tensors under the network's own names.</param>
    /// <param name="classWeights">The loss's weight of each class; null where the loss has none.</param>
    public static StateDict ForFlair(StateDict network, IReadOnlyList<float>? classWeights = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        var result = new StateDict();
        foreach (var (name, tensor) in network)
            result.Add((name.StartsWith(MetadataPrefix, StringComparison.Ordinal) ? "model." : "model.seg_model.") + name, tensor);
        if (classWeights is not null)
            result.Add(CriterionWeight, new(ScalarType.Float32, [classWeights.Count], MemoryMarshal.AsBytes([.. classWeights]).ToArray()));
        return result;
    }

    /// <summary>The names that are kept, and what they become.</summary>
    internal static IReadOnlyList<(string Stored, string Name)> Map(IReadOnlyList<string> stored, bool keepMetadata = false)
    {
        (string Stored, string Name)[] names = [.. stored.Select(name => (name, name))];
        if (names.Any(entry => Begins(entry.Name, FlairPrefix)))
        {
            return
            [
                .. names.Where(entry => Begins(entry.Name, FlairPrefix))
                    .Select(entry => (entry.Stored, entry.Name[(entry.Name.IndexOf(FlairPrefix, StringComparison.Ordinal) + FlairPrefix.Length)..])),
                .. names.Where(entry => keepMetadata && !Begins(entry.Name, FlairPrefix) && Begins(entry.Name, MetadataPrefix))
                    .Select(entry => (entry.Stored, entry.Name[entry.Name.IndexOf(MetadataPrefix, StringComparison.Ordinal)..])),
            ];
        }

        names = [.. names.Where(entry => !Begins(entry.Name, "criterion."))];
        while (Array.Find(WholePrefixes, prefix => names.Length > 0 && names.All(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal))) is { } common)
            names = [.. names.Select(entry => (entry.Stored, entry.Name[common.Length..]))];
        return names;
    }

    /// <summary>True where the name has the part at its start or after a dot.</summary>
    private static bool Begins(string name, string part) =>
        name.StartsWith(part, StringComparison.Ordinal) || name.Contains("." + part, StringComparison.Ordinal);
}
