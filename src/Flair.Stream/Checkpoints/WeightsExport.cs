namespace Flair.Checkpoints;

/// <summary>Under which names <see cref="WeightsExport"/> writes.</summary>
public enum ExportNames
{
    /// <summary>The network's own, as segmentation_models_pytorch has them.</summary>
    Network,

    /// <summary>Those of the file.</summary>
    Stored,

    /// <summary>Those of FLAIR-1's Lightning module, <c>model.seg_model.…</c>.</summary>
    Flair,
}

/// <summary>What was written.</summary>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Values">Numbers in all of them.</param>
/// <param name="Bytes">Length of the file.</param>
public sealed record ExportResult(int Tensors, long Values, long Bytes);

/// <summary>Makes a file of weights alone from any checkpoint: to ship it, or to hand it to PyTorch.</summary>
public static class WeightsExport
{
    private static readonly Dictionary<string, string> s_metadata = new() { ["format"] = "pt" };

    /// <summary>Reads a checkpoint and writes its tensors. The bytes depend on the arguments alone; the file bears its name only once it is complete.</summary>
    /// <param name="input">.pth, .ckpt or .safetensors.</param>
    /// <param name="output">.pth, .pt or .safetensors, which decides the format; replaced if it exists.</param>
    /// <param name="type">float32, bfloat16 or float16 for all floating-point tensors, see <see cref="TensorConversion.To"/>; null leaves each as it is.</param>
    /// <param name="names">Under which names.</param>
    /// <exception cref="FlairException">The input cannot be read, the output not be written, or its extension is another.</exception>
    public static ExportResult Run(string input, string output, ScalarType? type = null, ExportNames names = ExportNames.Network)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        var extension = Path.GetExtension(output).ToLowerInvariant();
        if (extension is not (".pth" or ".pt" or ".safetensors"))
            throw new FlairException($"{output}: the output is a .safetensors or a .pth (.pt) file; give it such a name");
        var stored = names == ExportNames.Stored ? CheckpointReader.ReadAsStored(input, "--weights") : CheckpointReader.Read(input, keepMetadata: true, "--weights");
        var state = new StateDict();
        foreach (var (name, tensor) in names == ExportNames.Flair ? StateDictNames.ForFlair(stored) : stored)
            state.Add(name, type is { } wanted ? TensorConversion.To(tensor, wanted, $"{input}: {name}") : tensor);
        if (state.Count == 0)
            throw new FlairException($"{input}: it holds no tensor of a network; give weights");
        if (extension == ".safetensors")
            SafetensorsWriter.Write(output, state, s_metadata);
        else
            TorchCheckpointWriter.WriteStateDict(output, state);
        return new(state.Count, state.Sum(entry => entry.Value.Data.Length / (long)entry.Value.Type.Size()), new FileInfo(output).Length);
    }
}
