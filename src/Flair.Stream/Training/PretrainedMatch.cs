using Flair.Checkpoints;
using Flair.Inference;
using Flair.Models;

namespace Flair.Training;

/// <summary>Puts a file's tensors in the place of a network's initial values, and keeps account of them.</summary>
internal sealed class PretrainedMatch
{
    private const string Encoder = "encoder.";
    private const string Head = "segmentation_head.";
    private const string Metadata = "enc.enc_mlp.";

    // The last layer of a network that tells what an image shows, as torchvision, timm and pretrainedmodels name it.
    private static readonly string[] Classifiers = ["fc.", "head.", "classifier.", "last_linear."];

    private readonly List<string> _missing = [];
    private readonly List<(ParameterSpec Spec, StoredTensor Stored)> _unlike = [];

    /// <param name="initial">The whole network.</param>
    /// <param name="state">The file's tensors: the whole network's, or its encoder's under its own names or with <c>encoder.</c> before them.</param>
    public PretrainedMatch(StateDict initial, StateDict state)
    {
        var isBare = !state.Any(entry => initial.TryGet(entry.Key, out _)) && state.Any(entry => initial.TryGet(Encoder + entry.Key, out _));
        State = isBare ? Prefix(state) : state;
        EncoderOnly = State.All(entry => entry.Key.StartsWith(Encoder, StringComparison.Ordinal) || IsClassifier(entry.Key));

        FirstConvolution = Training.FirstConvolution.NameIn(initial);
        foreach (var (name, start) in initial)
            Weights.Add(name, State.TryGet(name, out var stored) ? Take(name, start, stored) : Miss(name, start));

        var leftOver = State.Select(entry => entry.Key).Where(name => !initial.TryGet(name, out _)).ToArray();
        Unused = [.. leftOver.Where(MayBeLeft)];
        Differences = new(_missing, [.. leftOver.Except(Unused)], _unlike);
    }

    /// <summary>All tensors of the network in its order.</summary>
    public StateDict Weights { get; } = [];

    /// <summary>The file's tensors under the network's names.</summary>
    public StateDict State { get; }

    /// <summary>Whether the file has the encoder's tensors and no others that a network could use.</summary>
    public bool EncoderOnly { get; }

    /// <summary>The weight that channels enter; null where the network has no encoder.</summary>
    public string? FirstConvolution { get; }

    /// <summary>What cannot be bridged.</summary>
    public StateDictDifferences Differences { get; }

    /// <summary>Tensors of the file that have no place in the network and need none.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>Whether the first convolution was made for another number of channels.</summary>
    public bool IsAdapted { get; private set; }

    /// <summary>Tensors of the head that keep their initial values because the file has another number of classes.</summary>
    public List<string> Replaced { get; } = [];

    /// <summary>Tensors that keep their initial values because the file has none.</summary>
    public List<string> Kept { get; } = [];

    /// <summary>Whether the name is one of the head.</summary>
    public static bool IsHead(string name) => name.StartsWith(Head, StringComparison.Ordinal);

    /// <summary>The decoder's encoder, for three channels, whose tensors the file has and no others; null where it is none of them.</summary>
    public string? EncoderAmong(IArchitecture architecture)
    {
        var state = new StateDict();
        foreach (var (name, tensor) in State.Where(entry => !IsClassifier(entry.Key)))
            state.Add(name, tensor);
        return architecture.Encoders.FirstOrDefault(encoder => StateDictMatcher
            .Compare([.. architecture.Describe(encoder, 3, 1).Where(spec => spec.Name.StartsWith(Encoder, StringComparison.Ordinal))], state).Count == 0);
    }

    private StoredTensor Take(string name, StoredTensor start, StoredTensor stored)
    {
        var spec = new ParameterSpec(name, start.Shape, start.Type);
        if (StateDictMatcher.Fits(spec, stored))
            return stored;
        if (name == FirstConvolution && Training.FirstConvolution.CanAdapt(stored, start.Shape))
        {
            IsAdapted = true;
            return Training.FirstConvolution.Adapt(stored, (int)start.Shape[1]);
        }

        if (IsHead(name) && start.Shape.Count > 0 && stored.Shape.Skip(1).SequenceEqual(start.Shape.Skip(1)))
            Replaced.Add(name);
        else
            _unlike.Add((spec, stored));
        return start;
    }

    private StoredTensor Miss(string name, StoredTensor start)
    {
        var mayMiss = new ParameterSpec(name, start.Shape, start.Type).IsCounter
            || name.StartsWith(Metadata, StringComparison.Ordinal)
            || (EncoderOnly && !name.StartsWith(Encoder, StringComparison.Ordinal));
        (mayMiss ? Kept : _missing).Add(name);
        return start;
    }

    private bool MayBeLeft(string name) => name.StartsWith(Metadata, StringComparison.Ordinal) || (EncoderOnly && IsClassifier(name));

    private static StateDict Prefix(StateDict state)
    {
        var result = new StateDict();
        foreach (var (name, tensor) in state)
            result.Add(IsClassifier(name) ? name : Encoder + name, tensor);
        return result;
    }

    private static bool IsClassifier(string name) => Array.Exists(Classifiers, part => name.StartsWith(part, StringComparison.Ordinal));
}
