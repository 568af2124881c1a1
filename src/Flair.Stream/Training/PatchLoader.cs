using System.Runtime.CompilerServices;
using System.Threading.Tasks.Dataflow;
using Flair.Patches;
using Flair.Settings;

namespace Flair.Training;

/// <summary>The patches of one step, in host memory.</summary>
/// <param name="Files">Its patches.</param>
/// <param name="Width">Columns of each.</param>
/// <param name="Height">Rows of each.</param>
/// <param name="Images">[patch][channel][row][column], normalized.</param>
/// <param name="Classes">[patch][row][column], class indices from 0.</param>
/// <param name="Metadata">[patch][45]; null for a network that takes none.</param>
internal sealed record PatchBatch(IReadOnlyList<PatchFiles> Files, int Width, int Height, float[] Images, byte[] Classes, float[]? Metadata);

/// <summary>
/// Reads, augments, normalizes and collates batches in the background, several at once, in order. Bounded: a batch a reader, one that waits to be taken,
/// and buffers for as many, which the taker gives back.
/// </summary>
internal sealed class PatchLoader
{
    private readonly TrainingSettings _settings;
    private readonly IReadOnlyList<PatchFiles> _patches;
    private readonly IReadOnlyList<float[]>? _metadata;
    private readonly PatchNormalizers _normalizers;
    private readonly int _readers;
    private readonly System.Collections.Concurrent.ConcurrentBag<PatchBatch> _free = [];

    /// <param name="settings">Channels, normalization, batch size, augmentation, workers.</param>
    /// <param name="patches">The list that orders index; all of one size.</param>
    /// <param name="metadata">The encoded metadata of each patch; null for a network that takes none.</param>
    public PatchLoader(TrainingSettings settings, IReadOnlyList<PatchFiles> patches, IReadOnlyList<float[]>? metadata)
    {
        _settings = settings;
        _patches = patches;
        _metadata = metadata;
        _normalizers = new(settings);
        _readers = PatchReader.Threads(settings);
    }

    /// <summary>Patches of the list.</summary>
    public int PatchCount => _patches.Count;

    /// <summary>Whole batches of the list; a rest is left out, as FLAIR-1 does in training and in validation.</summary>
    public int BatchCount => _patches.Count / _settings.BatchSize;

    /// <summary>Loads the batches of an order, one after another. Give each back to <see cref="Return"/>.</summary>
    /// <param name="order">Indices into the list.</param>
    /// <param name="first">The batch to begin with, from 0.</param>
    /// <param name="augment">The transformation of a patch by its index; null for none.</param>
    /// <param name="cancellation">Ends the loading.</param>
    /// <exception cref="FlairException">A patch cannot be read.</exception>
    public async IAsyncEnumerable<PatchBatch> LoadAsync(
        int[] order, int first, Func<int, PatchTransform>? augment, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var load = new TransformBlock<int, PatchBatch>(
            batch => Load(order.AsSpan(batch * _settings.BatchSize, _settings.BatchSize), augment),
            new() { BoundedCapacity = _readers + 1, MaxDegreeOfParallelism = _readers, EnsureOrdered = true });
        var feed = FeedAsync(load, first, stop.Token);
        try
        {
            while (await load.OutputAvailableAsync(cancellation).ConfigureAwait(false))
            {
                while (load.TryReceive(out var batch))
                    yield return batch;
            }

            await load.Completion.ConfigureAwait(false);
        }
        finally
        {
            // No reader outlives the loading, even where the taker has failed: nothing more goes in, and what is inside comes out. (Cancelling
            // the block would not do; see BlockDrain.)
            await stop.CancelAsync().ConfigureAwait(false);
            await feed.ConfigureAwait(false);
            while (await load.OutputAvailableAsync(CancellationToken.None).ConfigureAwait(false))
                load.TryReceiveAll(out _);
        }
    }

    /// <summary>Takes the buffers of a batch back.</summary>
    public void Return(PatchBatch batch) => _free.Add(batch);

    private async Task FeedAsync(TransformBlock<int, PatchBatch> load, int first, CancellationToken stop)
    {
        try
        {
            for (var batch = first; batch < BatchCount; batch++)
            {
                if (!await load.SendAsync(batch, stop).ConfigureAwait(false))
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // Who takes the batches knows why they are no longer wanted.
        }

        load.Complete();
    }

    private PatchBatch Load(ReadOnlySpan<int> indices, Func<int, PatchTransform>? augment)
    {
        PatchBatch? batch = null;
        for (var i = 0; i < indices.Length; i++)
        {
            var patch = _patches[indices[i]];
            var image = PatchReader.ReadImage(patch.Image, _settings.Channels);
            var (width, height, classes) = PatchReader.ReadMask(patch.Mask!);
            batch ??= Rent(indices, image.Width, image.Height);
            if ((image.Width, image.Height) != (batch.Width, batch.Height) || (width, height) != (batch.Width, batch.Height))
                throw new FlairException($"{patch.Image}: image or mask has changed its size since the training began; it was {batch.Width} × {batch.Height} pixels");

            // Normalizing after the transformation, as FLAIR-1 does, would give the same values.
            var transform = augment?.Invoke(indices[i]) ?? default;
            var pixels = width * height;
            var normalizer = _normalizers.Of(image);
            var values = batch.Images.AsSpan(i * pixels * _settings.Channels.Count, pixels * _settings.Channels.Count);
            var target = batch.Classes.AsSpan(i * pixels, pixels);
            ToClasses(classes, patch.Mask!);
            if (transform == default)
            {
                normalizer.Normalize(image.Values, values);
                classes.CopyTo(target);
            }
            else
            {
                var normalized = new float[values.Length];
                normalizer.Normalize(image.Values, normalized);
                transform.Apply<float>(normalized, values, width, height);
                transform.Apply<byte>(classes, target, width, height);
            }

            _metadata?[indices[i]].CopyTo(batch.Metadata.AsSpan(i * AerialMetadata.Length));
        }

        return batch!;
    }

    // The values were checked before the first epoch; a mask that has changed since must not become another class silently.
    private void ToClasses(byte[] values, string mask)
    {
        var first = _settings.SupervisionStartsAtOne ? 1 : 0;
        var count = _settings.Classes.Count;
        for (var i = 0; i < values.Length; i++)
        {
            var index = values[i] - first;
            if ((uint)index >= (uint)count)
                throw new FlairException($"{mask}: holds the value {values[i]}, which is none of the classes; it has changed since the training began");
            values[i] = (byte)index;
        }
    }

    private PatchBatch Rent(ReadOnlySpan<int> indices, int width, int height)
    {
        PatchFiles[] files = [.. indices.ToArray().Select(index => _patches[index])];
        var values = (long)files.Length * width * height * _settings.Channels.Count;
        if (values > Array.MaxLength)
            throw new FlairException($"a batch of {files.Length} patches of {width} × {height} pixels and {_settings.Channels.Count} channels has {values} values, and {Array.MaxLength} are possible; lower batch_size");
        var pixels = files.Length * width * height;
        return _free.TryTake(out var free) && free.Classes.Length == pixels
            ? free with { Files = files, Width = width, Height = height }
            : new(files, width, height, new float[values], new byte[pixels], _metadata is null ? null : new float[files.Length * AerialMetadata.Length]);
    }
}
