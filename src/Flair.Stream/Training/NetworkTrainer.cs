using Flair.Checkpoints;
using Flair.Inference;
using Flair.Models;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Training;

/// <summary>
/// A network, its loss and its optimizer. Everything runs on one <see cref="DeviceThread"/>, which the caller owns; tensors live no longer than a
/// step, but for the weights.
/// </summary>
internal sealed class NetworkTrainer : IDisposable
{
    private readonly DeviceThread _thread;
    private readonly TrainingSettings _settings;
    private readonly ITrainableNetwork _network;
    private readonly SgdOptimizer _optimizer;
    private readonly Tensor? _classWeights;

    /// <param name="thread">The thread to compute on.</param>
    /// <param name="settings">Architecture, classes, device.</param>
    /// <param name="weights">The weights to start from; they stay as they are.</param>
    public NetworkTrainer(DeviceThread thread, TrainingSettings settings, StateDict weights)
    {
        _thread = thread;
        _settings = settings;
        var (architecture, encoder) = ArchitectureRegistry.Parse(settings.Architecture);
        (_network, _classWeights) = thread.Run(() =>
        {
            if (settings.Device != "cpu")
                LibTorch.SetReproducible(true);
            var network = architecture.CreateTrainable(encoder, settings.Channels.Count, settings.Classes.Count, weights, settings.Device, settings.UseMetadata);
            try
            {
                using var classWeights = settings.UseWeights ? Tensor.From<float>(ClassWeights(settings), settings.Classes.Count) : null;
                return (network, classWeights?.To(settings.Device));
            }
            catch
            {
                network.Dispose();
                throw;
            }
        });
        _optimizer = new(_network.Parameters);
    }

    /// <summary>The weights of the classes in the loss.</summary>
    public static float[] ClassWeights(TrainingSettings settings) => [.. settings.Classes.Select(entry => (float)entry.Weight)];

    /// <summary>One step of the optimizer.</summary>
    /// <param name="batch">The patches.</param>
    /// <param name="learningRate">The rate.</param>
    /// <param name="seed">Seed of the dropouts of this step.</param>
    /// <param name="predictions">Takes the class predicted for each pixel, [patch][row][column].</param>
    /// <returns>The loss; where it is not finite, the weights were left as they are.</returns>
    public double Train(PatchBatch batch, double learningRate, ulong seed, byte[] predictions) => Compute(GradMode.Record, () =>
    {
        LibTorch.Seed(seed);
        _network.Training = true;
        var value = Forward(batch, predictions, out var loss);
        using (loss)
        {
            if (!double.IsFinite(value))
                return value;
            loss.Backward();
        }

        _optimizer.Step(learningRate);
        return value;
    });

    /// <summary>The loss of a batch without learning from it, with the stored statistics.</summary>
    /// <param name="batch">The patches.</param>
    /// <param name="predictions">Takes the class predicted for each pixel, [patch][row][column].</param>
    public double Evaluate(PatchBatch batch, byte[] predictions) => Compute(GradMode.Inference, () =>
    {
        _network.Training = false;
        var value = Forward(batch, predictions, out var loss);
        loss.Dispose();
        return value;
    });

    /// <summary>A copy of the weights as they are now.</summary>
    /// <param name="steps">Steps done by this trainer.</param>
    public StateDict Export(long steps) => _thread.Run(() => _network.Export(steps));

    /// <inheritdoc/>
    public void Dispose() => _thread.Run(() =>
    {
        _classWeights?.Dispose();
        _network.Dispose();
        LibTorch.EmptyCache();
    });

    private double Compute(GradMode mode, Func<double> step) => _thread.Run(() =>
    {
        LibTorch.GradMode = mode;
        try
        {
            return step();
        }
        catch (TorchException e) when (e.Message.Contains("out of memory", StringComparison.Ordinal) || e.Message.Contains("allocate memory", StringComparison.Ordinal))
        {
            throw new FlairException($"the memory of {_settings.Device} is too small for a step of {_settings.BatchSize} patches; lower batch_size, or take a smaller network ({e.Message.Split('\n')[0]})", e);
        }
        finally
        {
            LibTorch.GradMode = GradMode.None;
        }
    });

    private double Forward(PatchBatch batch, byte[] predictions, out Tensor loss)
    {
        var count = batch.Files.Count;
        using var input = Tensor.From<float>(batch.Images, count, _settings.Channels.Count, batch.Height, batch.Width);
        using var metadata = batch.Metadata is null ? null : Tensor.From<float>(batch.Metadata, count, batch.Metadata.Length / count);
        using var logits = _network.Forward(input, metadata);
        using var bytes = Tensor.From<byte>(batch.Classes, count, batch.Height, batch.Width);
        using var target = bytes.To(_settings.Device, TorchScalarType.Int64);
        loss = logits.CrossEntropy(target, _classWeights);
        try
        {
            using var best = logits.ArgMax(1);
            using var codes = best.To("cpu", TorchScalarType.UInt8);
            codes.CopyTo<byte>(predictions);
            return loss.ToArray<float>()[0];
        }
        catch
        {
            loss.Dispose();
            throw;
        }
    }
}
