using Flair.Models.Encoders;
using Flair.Torch;

namespace Flair.Models.Layers;

/// <summary>
/// FLAIR-1's encoder of the aerial metadata: a perceptron from 45 values to 16, which are added to the 16 rows of the deepest map, the
/// same in every channel and column. So that map must be [n, 512, 16, 16], which patches of 512 × 512 pixels give.
/// </summary>
internal sealed class MetadataLayer : Layer
{
    /// <summary>Channels that the deepest map must have.</summary>
    public const int MapChannels = 512;

    /// <summary>How many values describe a patch.</summary>
    public const int Values = 45;

    /// <summary>Side of the patches, in pixels: that of the deepest map, 16, times 32.</summary>
    public const int PatchSize = 512;

    private const double DropProbability = 0.4;

    // The numbers between are dropouts and ReLUs.
    private readonly LinearLayer[] _layers =
    [
        new($"{Prefix}.0", Values, 64),
        new($"{Prefix}.3", 64, 32),
        new($"{Prefix}.6", 32, 16),
    ];

    private const string Prefix = "enc.enc_mlp";

    public override IEnumerable<Layer> Children => _layers;

    /// <summary>Checks the size of the patches and the shape of the metadata.</summary>
    /// <exception cref="FlairException">They do not fit.</exception>
    public static void Check(long count, long height, long width, IReadOnlyList<long>? metadata)
    {
        if (height != PatchSize || width != PatchSize)
            throw new FlairException($"with metadata the network takes patches of {PatchSize} × {PatchSize} pixels, not {height} × {width}");
        if (metadata is not [var described, Values] || described != count)
            throw new FlairException($"the network takes metadata [{count}, {Values}], not {(metadata is null ? "none" : $"[{string.Join(", ", metadata)}]")}");
    }

    /// <summary>Adds what the metadata say to the deepest map.</summary>
    public void Forward(Plan plan, FeatureMaps maps, Tensor metadata)
    {
        using var x = new TensorSlot();
        foreach (var layer in _layers)
        {
            x.Put(layer.Forward(plan, ReferenceEquals(layer, _layers[0]) ? metadata : x.Value));
            if (plan.Training)
                x.Put(x.Value.Dropout(DropProbability));
            x.Value.Relu_();
        }

        x.Put(x.Value.Reshape(-1, 1, x.Value.Shape[1], 1));
        var deepest = maps.Count - 1;
        using var map = maps.Take(deepest);
        maps.Put(deepest, map.Add(x.Value));
    }
}
