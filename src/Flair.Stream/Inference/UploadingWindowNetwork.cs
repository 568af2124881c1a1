using Flair.Kernels;
using Flair.Models;
using Flair.Source;
using Flair.Torch;

namespace Flair.Inference;

/// <summary>
/// A network on a device of its own, such as a GPU. Windows go there as they were cut, a byte a value, and are normalized there. There are two places
/// for a batch: while the network computes one, the next is copied from pinned memory by a stream of its own. <see cref="Forward"/> returns when
/// all is queued, and waits before that only for the batch before the last: so at most two are queued.
/// </summary>
internal sealed class UploadingWindowNetwork : IWindowNetwork
{
    private const int Places = 2;

    private readonly INetwork _network;
    private readonly TensorNormalization _normalization;
    private readonly DeviceStream _uploads;
    private readonly Place[] _places;
    private readonly int _windowBytes;
    private int _next;

    /// <summary>Takes the memory. Call it on the thread that runs the network.</summary>
    /// <param name="network">The network, on <paramref name="device"/>; disposed with this.</param>
    /// <param name="normalization">Makes its input, on <paramref name="device"/>; disposed with this.</param>
    /// <param name="shape">Windows at once, channels, rows and columns.</param>
    /// <param name="samples">Type of the raw values.</param>
    /// <param name="device">The device; on <c>cpu</c> it works too, only nothing is gained.</param>
    public UploadingWindowNetwork(INetwork network, TensorNormalization normalization, long[] shape, SampleType samples, string device)
    {
        _network = network;
        _normalization = normalization;
        BatchSize = (int)shape[0];
        Kept = new(0, 0, shape[2], shape[3]);
        var type = samples == SampleType.UInt8 ? TorchScalarType.UInt8 : TorchScalarType.Float32;
        _windowBytes = checked((int)(shape[1] * shape[2] * shape[3] * type.Size()));
        _uploads = new DeviceStream(device);
        _places = [.. Enumerable.Range(0, Places).Select(_ => new Place(shape, type, device))];
    }

    public int BatchSize { get; }

    public PixelRect Kept { get; }

    public int InFlight => Places;

    public WindowLogits Forward(IReadOnlyList<ReadOnlyMemory<byte>> windows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windows.Count, BatchSize);
        var place = _places[_next];
        _next = (_next + 1) % Places;
        place.WaitUntilFree();
        Collect(windows, place.Host);
        using (var arrived = Upload(place, windows.Count))
            arrived.HoldBack();
        // Where there are fewer windows than places, the rest holds those of an earlier batch: the batch keeps its size, see TorchWindowNetwork.
        using var input = _normalization.Apply(place.OnDevice);
        var logits = _network.Forward(input);
        place.TakenUntil(DeviceEvent.After(logits));
        return new TensorLogits(logits);
    }

    public void Dispose()
    {
        foreach (var place in _places)
            place.Dispose();
        _uploads.Dispose();
        _normalization.Dispose();
        _network.Dispose();
    }

    private unsafe void Collect(IReadOnlyList<ReadOnlyMemory<byte>> windows, Tensor host) => Parallel.For(0, windows.Count, i =>
        windows[i].Span.CopyTo(new Span<byte>((byte*)host.DataPointer + ((long)i * _windowBytes), _windowBytes)));

    private DeviceEvent Upload(Place place, int count)
    {
        using var from = place.Host.Narrow(0, 0, count);
        using var to = place.OnDevice.Narrow(0, 0, count);
        using var stay = _uploads.Enter();
        to.Copy_(from, queued: true);
        return DeviceEvent.After(to);
    }

    /// <summary>Memory for a batch, here and there.</summary>
    private sealed class Place : IDisposable
    {
        private DeviceEvent? _last;

        public Place(long[] shape, TorchScalarType type, string device)
        {
            Host = device == "cpu" ? Creation.Empty(shape, type) : Creation.Pinned(shape, type);
            OnDevice = Creation.Zeros(shape, type, device);
            // The first upload comes by another stream.
            TakenUntil(DeviceEvent.After(OnDevice));
        }

        public Tensor Host { get; }

        public Tensor OnDevice { get; }

        public void TakenUntil(DeviceEvent done)
        {
            _last?.Dispose();
            _last = done;
        }

        public void WaitUntilFree() => _last?.Wait();

        public void Dispose()
        {
            _last?.Dispose();
            OnDevice.Dispose();
            Host.Dispose();
        }
    }
}
