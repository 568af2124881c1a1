using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>The feature maps of one forward pass, finest first. A decoder takes each and frees it once it is used; disposing frees the rest.</summary>
internal sealed class FeatureMaps : IDisposable
{
    private readonly List<Tensor?> _maps = [];

    /// <summary>How many were added.</summary>
    public int Count => _maps.Count;

    /// <summary>The map of resolution 1 / 2^(index + 1), still owned here.</summary>
    public Tensor this[int index] => _maps[index]!;

    /// <summary>Takes the next coarser map over and returns it.</summary>
    public Tensor Add(Tensor map)
    {
        _maps.Add(map);
        return map;
    }

    /// <summary>Gives one map up to the caller.</summary>
    public Tensor Take(int index)
    {
        var map = _maps[index]!;
        _maps[index] = null;
        return map;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var map in _maps)
            map?.Dispose();
    }
}
