using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>
/// Writes the ZIP archives of <c>torch.save</c>, for <c>torch.load</c> of PyTorch 1.6 and later; also with <c>weights_only=True</c> of
/// PyTorch 2 (that of 1.13 knows no fractions and so takes state dicts alone). The bytes depend on the arguments alone. A file bears its name only once it is complete, on disk and has been read back.
/// </summary>
public static class TorchCheckpointWriter
{
    // torch.save names the folder in the archive after the file; readers take any.
    private const string Folder = "archive/";

    // What the format holds without its extension Zip64, less what the headers take.
    private const long MaximumBytes = 4_000_000_000;
    private const int MaximumTensors = 60_000;

    /// <summary>
    /// Writes an OrderedDict of the tensors under their names, as <c>torch.save(model.state_dict(), path)</c>. FLAIR-1 takes only names that
    /// begin with <c>model.seg_model.</c>: see <see cref="StateDictNames.ForFlair"/>.
    /// </summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="state">The tensors.</param>
    /// <exception cref="FlairException">It cannot be written, or would have more than 4 GB.</exception>
    public static void WriteStateDict(string path, StateDict state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Write(path, state);
    }

    /// <summary>
    /// Writes a training as Lightning 2 does, with names and callbacks of FLAIR-1's, which can load it (<c>torch.load(path)["state_dict"]</c>
    /// fits its module strictly) and go on with it (<c>trainer.fit(ckpt_path=path)</c>). <see cref="TrainingCheckpointReader"/> reads it back.
    /// </summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="checkpoint">The training.</param>
    /// <param name="weightsOnly">
    /// Leave out the optimizer, the scheduler and all else that is needed to go on, as <c>ModelCheckpoint(save_weights_only=True)</c> does.
    /// </param>
    /// <exception cref="FlairException">It cannot be written, or would have more than 4 GB.</exception>
    public static void WriteLightning(string path, TrainingCheckpoint checkpoint, bool weightsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Write(path, LightningCheckpoint.Of(checkpoint, weightsOnly));
    }

    private static void Write(string path, object root)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var (pickle, storages) = PickleWriter.Write(root);
        if (storages.Sum(tensor => (long)tensor.Data.Length) > MaximumBytes || storages.Count > MaximumTensors)
            throw new FlairException($"{path}: the tensors need more room than the ZIP archive of a .pth or .ckpt has here (4 GB, {MaximumTensors} tensors); write .safetensors");
        TensorFile.Write(path, file => WriteArchive(file, pickle, storages), Verify);
    }

    private static void WriteArchive(Stream file, ReadOnlyMemory<byte> pickle, IReadOnlyList<StoredTensor> storages)
    {
        var zip = new StoredZip(file);
        zip.Add(Folder + "data.pkl", pickle.Span);
        zip.Add(Folder + "byteorder", "little"u8);
        for (var i = 0; i < storages.Count; i++)
            zip.Add($"{Folder}data/{i}", storages[i].Data.Span);
        zip.Add(Folder + "version", "3\n"u8);
        zip.Finish();
    }

    private static void Verify(FileStream file)
    {
        using var zip = new ZipCheckpoint(file, new AllocationBudget(file.Length));
        zip.VerifyChecksums();
    }
}
