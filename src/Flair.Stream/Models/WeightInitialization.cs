using System.Globalization;
using System.Runtime.InteropServices;
using Flair.Checkpoints;

namespace Flair.Models;

/// <summary>
/// The weights a training from scratch starts from, drawn from the distributions that PyTorch, torchvision and
/// segmentation_models_pytorch 0.3.3 draw from (without pretrained weights). Every number is a function of the seed, the parameter's name
/// and the index in it, so that a seed means the same weights on every machine and with every libtorch.
/// <code>
/// encoder, ResNet      convolutions: normal, σ = √(2 / fan out) (torchvision; He et al. 2015); the first one, where channels ≠ 3, as
///                      PyTorch's default: uniform in ±1/√(fan in)
/// encoder, MiT         linear: normal, σ = 0.02; convolutions: normal, σ = √(2 / fan out), fan out = outputs · area / groups
/// decoder              convolutions: uniform in ±√(6 / fan in); linear: uniform in ±√(6 / (fan in + fan out)) (smp's initialize_decoder)
/// segmentation_head    uniform in ±√(6 / (fan in + fan out)) (smp's initialize_head; Glorot, Bengio 2010)
/// anything else        (also transposed convolutions) PyTorch's default: weights and biases uniform in ±1/√(fan in)
/// </code>
/// Normalizations begin with weight 1, bias 0, mean 0 and variance 1; biases of the first four kinds with 0.
/// </summary>
public static class WeightInitialization
{
    /// <summary>Initial weights of a network, in the order of its state dict: float32, and int64 0 for <c>num_batches_tracked</c>.</summary>
    /// <param name="architecture">The family.</param>
    /// <param name="encoder">One of its encoders.</param>
    /// <param name="channels">Input channels, 1 or more.</param>
    /// <param name="classes">Logits a pixel, 1 or more.</param>
    /// <param name="seed">Any number; other seeds give other, independent weights.</param>
    /// <param name="metadata">As for <see cref="IArchitecture.Describe"/>.</param>
    /// <exception cref="FlairException">The encoder is unknown, or takes no metadata.</exception>
    public static StateDict Create(IArchitecture architecture, string encoder, int channels, int classes, long seed, bool metadata = false)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(encoder);
        var specs = architecture.Describe(encoder, channels, classes, metadata);
        // What PyTorch's default draws a bias from is told by the weight beside it.
        var shapes = specs.ToDictionary(spec => spec.Name, spec => spec.Shape, StringComparer.Ordinal);
        var first = specs[0].Name;
        var state = new StateDict();
        foreach (var spec in specs)
        {
            var count = TensorShape.Elements(spec.Shape);
            var bytes = new byte[checked(count * (spec.Type == ScalarType.Int64 ? sizeof(long) : sizeof(float)))];
            if (spec.Type == ScalarType.Float32)
                Fill(bytes, spec, seed, Rule(spec, shapes, encoder, foreign: spec.Name == first && channels != 3));
            state.Add(spec.Name, new StoredTensor(spec.Type, [.. spec.Shape], bytes));
        }

        return state;
    }

    private static Distribution Rule(ParameterSpec spec, Dictionary<string, IReadOnlyList<long>> shapes, string encoder, bool foreign)
    {
        var dot = spec.Name.LastIndexOf('.');
        var leaf = spec.Name[(dot + 1)..];
        var weight = shapes.GetValueOrDefault($"{spec.Name[..dot]}.weight", spec.Shape);
        if (leaf == "running_var" || (leaf == "weight" && spec.Shape.Count == 1))
            return new(Kind.Constant, 1);
        if (leaf == "running_mean" || weight.Count == 1)
            return new(Kind.Constant, 0);

        // A weight is [outputs, inputs / groups, kernel height, kernel width]; a matrix has no kernel.
        var area = weight.Skip(2).Aggregate(1.0, (product, side) => product * side);
        var fanIn = weight[1] * area;
        var fanOut = weight[0] * area;
        var standard = new Distribution(Kind.Uniform, 1 / Math.Sqrt(fanIn));
        var part = spec.Name[..spec.Name.IndexOf('.', StringComparison.Ordinal)];
        if (foreign || spec.IsTransposed || part is not ("encoder" or "decoder" or "segmentation_head"))
            return standard;
        if (leaf == "bias")
            return new(Kind.Constant, 0);
        var glorot = new Distribution(Kind.Uniform, Math.Sqrt(6 / (fanIn + fanOut)));
        var isMatrix = weight.Count == 2;
        return part switch
        {
            "encoder" when isMatrix => new(Kind.Normal, 0.02),
            // The only grouped convolutions of these encoders are depthwise: as many groups as outputs.
            "encoder" => new(Kind.Normal, Math.Sqrt(2 / (IsDepthwise(weight, encoder) ? area : fanOut))),
            "decoder" when !isMatrix => new(Kind.Uniform, Math.Sqrt(6 / fanIn)),
            _ => glorot,
        };
    }

    private static bool IsDepthwise(IReadOnlyList<long> weight, string encoder) => weight[1] == 1 && encoder.StartsWith("mit_", StringComparison.Ordinal);

    private static void Fill(byte[] bytes, ParameterSpec spec, long seed, Distribution distribution)
    {
        var scale = distribution.Scale;
        if (distribution.Kind == Kind.Constant)
        {
            MemoryMarshal.Cast<byte, float>(bytes.AsSpan()).Fill((float)scale);
            return;
        }

        var start = NamedRandom.Start(string.Create(CultureInfo.InvariantCulture, $"{seed}:{spec.Name}"));
        NamedRandom.Fill(bytes, distribution.Kind == Kind.Uniform
            ? index => scale * ((2 * Unit(start, index)) - 1)
            : index => scale * Normal(start, index));
    }

    /// <summary>Uniform in [0, 1), of 53 bits.</summary>
    private static double Unit(ulong start, ulong index) => (NamedRandom.Bits(start, index) >> 11) / (double)(1L << 53);

    /// <summary>Standard normal, after Box and Muller 1958.</summary>
    private static double Normal(ulong start, ulong index) =>
        Math.Sqrt(-2 * Math.Log(1 - Unit(start, 2 * index))) * Math.Cos(2 * Math.PI * Unit(start, (2 * index) + 1));

    private enum Kind
    {
        Constant,
        Uniform,
        Normal,
    }

    /// <summary>What a parameter is drawn from: the constant, uniform in ±scale, or normal with that standard deviation.</summary>
    private readonly record struct Distribution(Kind Kind, double Scale);
}
