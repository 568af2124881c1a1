using Flair.Settings;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>
/// <see cref="Batching.Normalizer"/> by operators, where the tensor lies: in single precision throughout, so to a few units in its last place, which
/// half precision does not see.
/// </summary>
internal sealed class TensorNormalization : IDisposable
{
    private readonly Tensor? _means;
    private readonly Tensor? _divisors;

    /// <summary>Puts the statistics on the device.</summary>
    /// <param name="settings">The formula; its lists have one value a channel where it needs them.</param>
    /// <param name="maximum">What <see cref="NormalizationType.Scaling"/> divides by.</param>
    /// <param name="device">The device.</param>
    public TensorNormalization(NormalizationSettings settings, double maximum, string device)
    {
        switch (settings.Type)
        {
            case NormalizationType.Custom:
                _means = ByChannel(settings.Means, device);
                _divisors = ByChannel(settings.Stds, device);
                break;
            case NormalizationType.Scaling:
                _divisors = ByChannel([maximum], device);
                break;
            default:
                break;
        }
    }

    /// <summary>The network's input.</summary>
    /// <param name="raw">[n, channels, rows, columns], UInt8 or Float32, on the device.</param>
    /// <returns>Float32 of the same shape, the caller's.</returns>
    public Tensor Apply(Tensor raw)
    {
        if (_divisors is null)
            return raw.To(TorchScalarType.Float32);
        if (_means is null)
            return raw.Div(_divisors);
        // Bytes less floats are floats.
        var values = raw.Sub(_means);
        try
        {
            return values.Div_(_divisors);
        }
        catch
        {
            values.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _means?.Dispose();
        _divisors?.Dispose();
    }

    private static Tensor ByChannel(IReadOnlyList<double> values, string device)
    {
        using var host = Tensor.From<float>([.. values.Select(value => (float)value)], 1, values.Count, 1, 1);
        return host.To(device);
    }
}
