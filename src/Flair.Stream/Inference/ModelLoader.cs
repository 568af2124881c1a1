using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Flair.Checkpoints;
using Flair.Models;
using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Storage;

namespace Flair.Inference;

/// <summary>Reads weights and classes and checks that they fit the network and the inputs.</summary>
public static class ModelLoader
{
    /// <summary>Loads what <paramref name="settings"/> names.</summary>
    /// <param name="settings">Architecture, weights, classes and perhaps the number of logits.</param>
    /// <param name="channels">Channels that the inputs give, 1 or more.</param>
    /// <exception cref="FlairException">
    /// A file cannot be read, or they do not belong together; the message names the tensors that differ and the nearest model that would fit.
    /// </exception>
    public static LoadedModel Load(ModelSettings settings, int channels) => Load(settings, channels, null);

    /// <summary>Begins to read a file of weights, which is most of the work and needs no input; null where there is none on this machine's disks.</summary>
    internal static Task<StateDict>? BeginReading(ModelSettings settings) =>
        settings.Weights == RunSettingsRules.Formula || ObjectPath.IsRemoteText(settings.Weights) ? null : Task.Run(() => CheckpointReader.Read(settings.Weights));

    /// <summary>As <see cref="Load(ModelSettings, int)"/>.</summary>
    /// <param name="settings">Architecture, weights, classes and perhaps the number of logits.</param>
    /// <param name="channels">Channels that the inputs give, 1 or more.</param>
    /// <param name="reading">The weights, where <see cref="BeginReading"/> has begun to read them.</param>
    internal static LoadedModel Load(ModelSettings settings, int channels, Task<StateDict>? reading)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        var nomenclature = Nomenclature.Load(settings.Classes);
        var classes = nomenclature.Classes.Count;
        if (settings.Logits is { } logits && logits != classes)
            throw new FlairException($"model.logits is {logits}, but model.classes '{nomenclature.Name}' has {classes} classes; {ModelAdvice.ForClasses(logits)}");

        var specs = architecture.Describe(encoder, channels, classes);
        var isFormula = settings.Weights == RunSettingsRules.Formula;
        var weights = isFormula
            ? FormulaWeights.Create(specs.Select(spec => (spec.Name, spec.Shape)))
            : TakeWeights(settings, specs, channels, nomenclature, reading?.GetAwaiter().GetResult() ?? CheckpointReader.Read(RemoteWeights.Local(settings.Weights)));
        return new()
        {
            Architecture = settings.Architecture,
            Channels = channels,
            Nomenclature = nomenclature,
            Weights = weights,
            WeightsAreFormula = isFormula,
            Fingerprint = FingerprintOf(settings.Architecture, channels, weights, nomenclature),
        };
    }

    private static StateDict TakeWeights(ModelSettings settings, IReadOnlyList<ParameterSpec> specs, int channels, Nomenclature nomenclature, StateDict state)
    {
        var differences = StateDictMatcher.Compare(specs, state);
        return differences.Count == 0
            ? StateDictMatcher.Take(settings.Weights, specs, state)
            : throw new FlairException(ModelAdvice.ForMismatch(settings, state, differences, channels, nomenclature));
    }

    private static string FingerprintOf(string architecture, int channels, StateDict weights, Nomenclature nomenclature)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AddText(hash, architecture);
        AddText(hash, $"{channels} channels");
        foreach (var (name, tensor) in weights)
        {
            AddText(hash, name);
            AddText(hash, $"{tensor.Type} [{string.Join(", ", tensor.Shape)}]");
            hash.AppendData(tensor.Data.Span);
        }

        AddText(hash, nomenclature.ComputeFingerprint());
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Adds a text with its length before it, so that no two sequences of texts are the same bytes.</summary>
    private static void AddText(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
