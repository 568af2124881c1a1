using Flair.Torch;

namespace Flair.Models.Encoders;

/// <summary>The feature maps of one forward pass, finest first. A decoder takes each and frees it once it is used; disposing frees the rest.</summary>
internal sealed class FeatureMaps : IDisposable
{
    private readonly List<Tensor?> _maps = [];

    /// <summary>How many were added, those that are missing included.</summary>
    public int Count => _maps.Count;

    /// <summary>The map of resolution 1 / 2^(index + 1), still owned here.</summary>
    public Tensor this[int index] => _maps[index]!;

    /// <summary>Whether there is a map of that resolution that nobody took.</summary>
    public bool Has(int index) => _maps[index] is not null;

    /// <summary>Takes the next coarser map over and returns it.</summary>
    public Tensor Add(Tensor map)
    {
        _maps.Add(map);
        return map;
    }

    /// <summary>Leaves out the next coarser map.</summary>
    public void AddNone() => _maps.Add(null);

    /// <summary>Gives one map up to the caller.</summary>
    public Tensor Take(int index)
    {
        var map = _maps[index]!;
        _maps[index] = null;
        return map;
    }

    /// <summary>Takes a map over in place of one that was taken.</summary>
    public void Put(int index, Tensor map) => _maps[index] = map;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var map in _maps)
            map?.Dispose();
    }
}
