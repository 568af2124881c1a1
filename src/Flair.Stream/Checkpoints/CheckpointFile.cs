namespace Flair.Checkpoints;

/// <summary>Opens a file of tensors, tells its format apart by content, and turns what is wrong with it into one line.</summary>
internal static class CheckpointFile
{
    /// <summary>The setting that names the weights in a detection.</summary>
    public const string DetectSetting = "model.weights";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="setting">The setting that names it, for messages.</param>
    /// <param name="pickled">Makes the result of a pickled object and what reads its tensors, which ends with the call.</param>
    /// <param name="plain">Makes the result of a file that is a state dict alone.</param>
    /// <exception cref="FlairException">It cannot be read, is damaged, or is no such file.</exception>
    public static T Open<T>(string path, string setting, Func<object?, TensorReader, T> pickled, Func<StateDict, T> plain)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            return Read(file, setting, pickled, plain);
        }
        catch (FlairException error)
        {
            throw new FlairException($"{path}: {MessageText.OneLine(error.Message)}", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlairException($"{path}: there is no such weights file; correct {setting}", error);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            var why = error is EndOfStreamException ? "it ends too early" : MessageText.OneLine(error.Message.TrimEnd('.'));
            throw new FlairException($"{path}: the weights file is damaged or incomplete ({why}); copy or download it again", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: the weights file cannot be read ({error.Message.TrimEnd('.')}); {setting} must name a readable file", error);
        }
    }

    private static T Read<T>(FileStream file, string setting, Func<object?, TensorReader, T> pickled, Func<StateDict, T> plain)
    {
        var start = new byte[(int)Math.Min(64, file.Length)];
        file.ReadExactly(start);
        file.Position = 0;
        if (start.AsSpan().StartsWith("PK\x03\x04"u8))
        {
            var budget = new AllocationBudget(file.Length);
            using var zip = new ZipCheckpoint(file, budget);
            return pickled(zip.Root, new TensorReader(zip, budget));
        }

        // The first bytes of safetensors are its header's length, which may look like a pickle's; a pickle of torch.save never has this brace.
        if (start.Length > 8 && start[8] == '{')
            return plain(SafetensorsReader.Read(file).State);
        if (start is [0x80, _, ..])
        {
            var budget = new AllocationBudget(file.Length);
            using var legacy = new LegacyCheckpoint(file, budget);
            return pickled(legacy.Root, new TensorReader(legacy, budget));
        }

        if (start.AsSpan().StartsWith("version https://git-lfs"u8))
            throw new FlairException("it is a Git LFS pointer, not the weights; run git lfs pull");
        if (file.Length == 0)
            throw new InvalidDataException("it is empty");
        throw new FlairException($"it is neither a checkpoint of PyTorch nor a safetensors file; correct {setting}");
    }
}
