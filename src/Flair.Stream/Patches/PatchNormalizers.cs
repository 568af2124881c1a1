using System.Collections.Concurrent;
using Flair.Batching;
using Flair.Settings;
using Flair.Source;

namespace Flair.Patches;

/// <summary>The normalizers of a list's patches, each made once: one a data type, of which a list seldom has two. Every thread may ask at any time.</summary>
/// <param name="settings">Channels and normalization.</param>
internal sealed class PatchNormalizers(TrainingSettings settings)
{
    private readonly ConcurrentDictionary<(SampleType, double), Normalizer> _made = [];

    /// <summary>The normalizer of a patch's values.</summary>
    public Normalizer Of(PatchImage image) => _made.GetOrAdd(
        (image.Samples, image.Maximum), key => new(settings.Normalization, settings.Channels.Count, key.Item1, key.Item2));
}
