using Flair.Checkpoints;
using Flair.Inference;
using Flair.Models;

namespace Flair.Training;

/// <summary>The weights that a training starts from where <c>init_weights_only_from_ckpt</c> names a file, and what became of the file's tensors.</summary>
public sealed class PretrainedWeights
{
    private const string Setting = "ckpt_model_path";
    private const int NamesShown = 4;

    private PretrainedWeights(StateDict weights, IReadOnlyList<string> report) => (Weights, Report) = (weights, report);

    /// <summary>All tensors of the network in its order.</summary>
    public StateDict Weights { get; }

    /// <summary>What was loaded, adapted, replaced and left out, a line each.</summary>
    public IReadOnlyList<string> Report { get; }

    /// <summary>
    /// Loads what the file has for the network. It is a state dict of the whole network (of FLAIR-1, segmentation_models_pytorch or this
    /// program) or of its encoder alone (<c>encoder.…</c>, or torchvision's own names, whose classifier is left out); other parts then keep
    /// their initial values. Two differences are bridged:
    /// <list type="bullet">
    /// <item>A first convolution of 3 channels takes other numbers of them as in segmentation_models_pytorch 0.3.3 (<c>patch_first_conv</c>):
    /// the sum for one channel; else channel i of n is channel i mod 3 of the file times 3/n.</item>
    /// <item>A head of another number of classes keeps its initial values. FLAIR-1 fills it with zeros, through which nothing is learned
    /// below the head in the first step, and fails where the file has fewer classes than the training.</item>
    /// </list>
    /// </summary>
    /// <param name="path">The file: .pth, .ckpt, .safetensors.</param>
    /// <param name="architecture">Encoder and decoder, e.g. <c>resnet34_unet</c>, for messages.</param>
    /// <param name="initial">The initial values of the whole network, as <see cref="WeightInitialization"/> gives them.</param>
    /// <exception cref="FlairException">The file cannot be read or has tensors that do not fit; the message names them and the model that it is of.</exception>
    public static PretrainedWeights Load(string path, string architecture, StateDict initial)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(initial);
        var stored = CheckpointReader.ReadAsStored(path, Setting);
        var match = new PretrainedMatch(initial, StateDictNames.Strip(stored, keepMetadata: true));
        if (match.Differences.Count > 0)
            throw new FlairException(Refusal(path, architecture, match));
        string[] names = [.. stored.Select(entry => entry.Key)];
        var dropped = names.Except(StateDictNames.Map(names, keepMetadata: true).Select(entry => entry.Stored));
        return new(match.Weights, [.. Describe(path, match, [.. match.Unused, .. dropped])]);
    }

    private static IEnumerable<string> Describe(string path, PretrainedMatch match, IReadOnlyList<string> unused)
    {
        var total = match.Weights.Count;
        yield return $"{path}: {total - match.Kept.Count - match.Replaced.Count} of {Count(total, "tensor")} loaded{(match.EncoderOnly ? ", the encoder's" : string.Empty)}";
        if (match.IsAdapted)
            yield return FirstConvolution.Describe(match.FirstConvolution!, (int)match.Weights[match.FirstConvolution!].Shape[1]);
        if (match.Replaced is [var first, ..])
            yield return $"initial values, because the file has {Count(match.State[first].Shape[0], "class", "es")} and not {match.Weights[first].Shape[0]}: {List(match.Replaced)}";
        if (match.Kept.Count > 0)
            yield return $"initial values, because the file has none: {List(Parts(match.Kept))}";
        if (unused.Count > 0)
            yield return $"not used: {List(unused)}";
    }

    private static string Refusal(string path, string architecture, PretrainedMatch match)
    {
        var channels = match.FirstConvolution is { } first ? (int)match.Weights[first].Shape[1] : 3;
        var classes = (int)match.Weights.LastOrDefault(entry => PretrainedMatch.IsHead(entry.Key), match.Weights.Last()).Value.Shape[0];
        var nearest = match.EncoderOnly ? NearestEncoder(architecture, match) : ModelAdvice.NearestModel(architecture, match.State, channels, classes);
        return $"{path}: {architecture} with {Count(channels, "channel")} and {Count(classes, "class", "es")} cannot start from it: {match.Differences}; {nearest}";
    }

    private static string NearestEncoder(string architecture, PretrainedMatch match)
    {
        var decoder = ArchitectureRegistry.Parse(architecture).Architecture;
        return match.EncoderAmong(decoder) is { } found
            ? $"it is a {found}: set encoder_decoder to {found}_{decoder.Decoder}"
            : $"it is the encoder of none of the models known here ({string.Join(", ", decoder.Encoders)})";
    }

    /// <summary>The outermost parts of the names, each once, e.g. <c>decoder (60 tensors)</c>.</summary>
    private static IReadOnlyList<string> Parts(IReadOnlyList<string> names) =>
        [.. names.GroupBy(name => name.Split('.')[0], StringComparer.Ordinal).Select(part => $"{part.Key} ({Count(part.Count(), "tensor")})")];

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? $" and {names.Count - NamesShown} more" : string.Empty);

    private static string Count(long number, string noun, string plural = "s") => number == 1 ? $"1 {noun}" : $"{number} {noun}{plural}";
}
