using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Flair.Checkpoints;
using Flair.Models.Layers;
using Flair.Torch;

namespace Flair.Models;

/// <summary>A tree of layers on a plan that is trained.</summary>
internal sealed class TrainableNetwork : ITrainableNetwork
{
    private readonly NetworkLayer _layers;
    private readonly Plan _plan;
    private readonly IReadOnlyList<ParameterSpec> _specs;
    private readonly Dictionary<string, long> _counters;

    public TrainableNetwork(NetworkLayer layers, StateDict weights, string device)
    {
        _layers = layers;
        _specs = [.. layers.Parameters];
        _counters = _specs.Where(spec => spec.IsCounter).ToDictionary(
            spec => spec.Name, spec => weights.TryGet(spec.Name, out var stored) ? BinaryPrimitives.ReadInt64LittleEndian(stored.Data.Span) : 0, StringComparer.Ordinal);
        _plan = Plan.LoadForTraining(layers, weights, device);
        Parameters = [.. _specs.Where(spec => !spec.IsBuffer).Select(spec => _plan[spec.Name])];
    }

    public bool Training
    {
        get => _plan.Training;
        set => _plan.Training = value;
    }

    public IReadOnlyList<Tensor> Parameters { get; }

    public Tensor Forward(Tensor input, Tensor? metadata = null) => Network.Forward(_layers, _plan, input, metadata);

    public StateDict Export(long batches)
    {
        var state = new StateDict();
        foreach (var spec in _specs)
            state.Add(spec.Name, new StoredTensor(spec.Type, spec.Shape, spec.IsCounter ? Counter(spec.Name, batches) : Values(spec.Name)));
        return state;
    }

    public void Dispose() => _plan.Dispose();

    private byte[] Counter(string name, long batches)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, _counters[name] + batches);
        return bytes;
    }

    private byte[] Values(string name)
    {
        var tensor = _plan[name];
        var bytes = new byte[tensor.ElementCount * sizeof(float)];
        tensor.CopyTo(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return bytes;
    }
}
