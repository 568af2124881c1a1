namespace Flair.Checkpoints;

/// <summary>
/// Reads the weights files that PyTorch users have, told apart by content: <c>torch.save</c>'s ZIP archive and its older stream of
/// pickles (<c>.pth</c>, <c>.pt</c>, <c>.bin</c>, Lightning's <c>.ckpt</c>), and <c>.safetensors</c>. Reading runs nothing that the
/// file says, and takes memory in proportion to the file's length.
/// </summary>
public static class CheckpointReader
{
    /// <summary>The network's tensors under the network's own names (see <see cref="StateDictNames.Strip"/>), in the order of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keepMetadata">Whether FLAIR-1's metadata encoder is kept where there is one; see <see cref="StateDictNames.Strip"/>.</param>
    /// <exception cref="FlairException">It cannot be read, is damaged, holds no state dict, or names code that no checkpoint needs.</exception>
    public static StateDict Read(string path, bool keepMetadata = false) => Guard(path, file => StateDictNames.Strip(ReadFile(file), keepMetadata));

    /// <summary>All tensors of the state dict under the names of the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlairException">As for <see cref="Read"/>.</exception>
    public static StateDict ReadAsStored(string path) => Guard(path, ReadFile);

    private static StateDict Guard(string path, Func<FileStream, StateDict> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            return read(file);
        }
        catch (FlairException error)
        {
            throw new FlairException($"{path}: {OneLine(error.Message)}", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlairException($"{path}: there is no such weights file; correct model.weights", error);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            var why = error is EndOfStreamException ? "it ends too early" : OneLine(error.Message.TrimEnd('.'));
            throw new FlairException($"{path}: the weights file is damaged or incomplete ({why}); copy or download it again", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: the weights file cannot be read ({error.Message.TrimEnd('.')}); model.weights must name a readable file", error);
        }
    }

    /// <summary>Messages quote names of the file, which may hold anything: line feeds, a terminal's control codes, megabytes.</summary>
    private static string OneLine(string message)
    {
        const int longest = 400;
        var text = message.Length > longest ? message[..longest] + "…" : message;
        return string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
    }

    private static StateDict ReadFile(FileStream file)
    {
        var start = new byte[(int)Math.Min(64, file.Length)];
        file.ReadExactly(start);
        file.Position = 0;
        if (start.AsSpan().StartsWith("PK\x03\x04"u8))
        {
            var budget = new AllocationBudget(file.Length);
            using var zip = new ZipCheckpoint(file, budget);
            return ReadTensors(zip.Root, zip, budget);
        }

        // The first bytes of safetensors are its header's length, which may look like a pickle's; a pickle of torch.save never has this brace.
        if (start.Length > 8 && start[8] == '{')
            return SafetensorsReader.Read(file).State;
        if (start is [0x80, _, ..])
        {
            var budget = new AllocationBudget(file.Length);
            using var legacy = new LegacyCheckpoint(file, budget);
            return ReadTensors(legacy.Root, legacy, budget);
        }

        if (start.AsSpan().StartsWith("version https://git-lfs"u8))
            throw new FlairException("it is a Git LFS pointer, not the weights; run git lfs pull");
        if (file.Length == 0)
            throw new InvalidDataException("it is empty");
        throw new FlairException("it is neither a checkpoint of PyTorch nor a safetensors file; correct model.weights");
    }

    private static StateDict ReadTensors(object? root, StorageSource storages, AllocationBudget budget)
    {
        var reader = new TensorReader(storages, budget);
        var state = new StateDict();
        foreach (var (name, tensor) in StateDictSelection.Select(root))
            state.Add(name, reader.Read(name, tensor));
        return state;
    }
}
