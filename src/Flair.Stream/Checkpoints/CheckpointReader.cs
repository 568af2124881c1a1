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
    /// <param name="setting">The setting that names the file, for messages.</param>
    /// <exception cref="FlairException">It cannot be read, is damaged, holds no state dict, or names code that no checkpoint needs.</exception>
    public static StateDict Read(string path, bool keepMetadata = false, string setting = CheckpointFile.DetectSetting) =>
        CheckpointFile.Open(path, setting, (root, tensors) => StateDictNames.Strip(tensors.ReadState(root), keepMetadata), state => StateDictNames.Strip(state, keepMetadata));

    /// <summary>All tensors of the state dict under the names of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="setting">The setting that names the file, for messages.</param>
    /// <exception cref="FlairException">As for <see cref="Read"/>.</exception>
    public static StateDict ReadAsStored(string path, string setting = CheckpointFile.DetectSetting) =>
        CheckpointFile.Open(path, setting, (root, tensors) => tensors.ReadState(root), state => state);
}
