using Flair.Batching;
using Flair.Evaluation;
using Flair.Fusion;
using Flair.Inference;
using Flair.Kernels;
using Flair.Models.Graphs;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Source;

namespace Flair.Calibrating;

/// <summary>
/// Calibrates a model for int8: runs windows of its imagery in single precision to see how large activations become, then others in bytes to see how
/// many pixels keep their class. Where too few do, the finest convolutions go back to floating point, resolution by resolution.
/// </summary>
public sealed class CalibrationRun
{
    // A little above what is asked, as other imagery will differ from these windows.
    private const double EnoughAgreement = Calibration.LeastAgreement + 0.001;

    private readonly RunSettings _settings;
    private readonly Mosaic _mosaic;
    private readonly LoadedModel _model;
    private readonly Normalizer _normalizer;
    private readonly Action<string> _notice;
    private readonly CancellationToken _cancellation;

    private CalibrationRun(RunSettings settings, Mosaic mosaic, LoadedModel model, Action<string> notice, CancellationToken cancellation)
    {
        _settings = settings;
        _mosaic = mosaic;
        _model = model;
        _notice = notice;
        _cancellation = cancellation;
        _normalizer = new Normalizer(settings.Normalization, model.Channels, mosaic.Samples, Normalizer.MaximumOf(mosaic.ImageryType));
    }

    /// <summary>Calibrates; writes nothing.</summary>
    /// <param name="settings">Inputs, model, normalization and window; the rest counts for nothing.</param>
    /// <param name="windows">Windows to take in all, 3 or more; a third of them is for checking.</param>
    /// <param name="notice">Takes what is worth a line.</param>
    /// <param name="cancellation">Stops it between two windows.</param>
    /// <exception cref="FlairException">The model cannot be computed in bytes, on this processor or at all, or there is too little imagery.</exception>
    public static Calibration Run(RunSettings settings, int windows, Action<string> notice, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(notice);
        if (!OneDnnLibrary.HasInt8)
            throw new FlairException("this processor has no AVX2, or oneDNN is missing: int8 can neither be calibrated nor run here; take precision fp32");
        if (settings.Model.Weights == RunSettingsRules.Formula)
            throw new FlairException("formula weights map nothing, so there is nothing to keep: calibrate weights from a file");
        var mosaic = Mosaic.Open(settings, notice);
        var model = ModelLoader.Load(settings.Model, mosaic.ChannelCount);
        if (!PrecisionChoice.IsOfConvolutions(model, "cpu"))
            throw new FlairException($"{model.Architecture} cannot be computed in int8: {PrecisionChoice.NetworksInBytes} can; take precision bf16 or fp32");
        using var thread = new DeviceThread();
        return thread.Run(() => new CalibrationRun(settings, mosaic, model, notice, cancellation).Calibrate(windows));
    }

    private Calibration Calibrate(int count)
    {
        // Windows are taken one at a time here: all cores share each.
        OneDnnLibrary.UseThreads(Environment.ProcessorCount);
        var ranges = new ActivationRanges();
        List<(byte[] Window, byte[] Classes)> checks = [];
        var calibrated = 0;
        var graph = FusedNetworks.Trace(_model);
        using (var single = Compile(graph, ProgramTypes.Single))
        {
            foreach (var window in CalibrationWindows.Read(_mosaic, _settings.Window.Size, count, ReadOptions.From(_settings.Resources), _cancellation))
            {
                if ((calibrated + checks.Count) % 3 == 2)
                {
                    checks.Add((window, single.Classes(window)));
                }
                else
                {
                    single.Classes(window, ranges.Observe);
                    calibrated++;
                }
            }
        }

        if (checks.Count == 0)
            throw new FlairException($"the inputs have data for {calibrated} windows of {_settings.Window.Size} px only; a calibration takes 3 or more");
        _notice($"{calibrated} windows seen in single precision, {checks.Count} others to check");

        Calibration? best = null;
        foreach (var (first, wide) in Choices(graph))
        {
            var candidate = new Calibration
            {
                Model = _model.Fingerprint,
                Agreement = 0,
                Windows = calibrated,
                CheckedWindows = checks.Count,
                First = first,
                Wide = [.. wide],
                Largest = ranges.Largest,
            };
            var agreement = Agreement(graph, candidate.QuantizationOf(graph), checks);
            _notice($"{Words(first, wide.Count, graph)}: {agreement:P2} of the pixels keep their class");
            best ??= candidate with { Agreement = agreement };
            if (agreement >= EnoughAgreement)
                return candidate with { Agreement = agreement };
        }

        // Who asks for int8 nevertheless asks for its speed.
        return best!;
    }

    /// <summary>What may stay in floating point, less before more: nothing, the first convolution, those at full resolution, those at half of it as well …</summary>
    private IEnumerable<(bool First, IReadOnlyList<string> Wide)> Choices(NetworkGraph graph)
    {
        if (_mosaic.Samples == SampleType.UInt8)
            yield return (true, []);
        yield return (false, []);
        var before = 0;
        foreach (var reduction in new[] { 1, 2, 4 })
        {
            var fine = graph.Convolutions.Where(node => node.Reduction <= reduction).Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
            string[] wide = [.. QuantizationScheme.Candidates(graph).Where(fine.Contains)];
            if (wide.Length > before)
                yield return (false, wide);
            before = wide.Length;
        }
    }

    private static string Words(bool first, int wide, NetworkGraph graph)
    {
        var (all, inBytes) = (graph.Convolutions.Count(), QuantizationScheme.Candidates(graph).Count() - wide + (first ? 1 : 0));
        return inBytes == all ? $"all {all} convolutions in int8" : $"{inBytes} of {all} convolutions in int8";
    }

    private double Agreement(NetworkGraph graph, Quantization quantization, List<(byte[] Window, byte[] Classes)> checks)
    {
        using var quantized = Compile(graph, new ProgramTypes(OneDnnLibrary.HasBFloat16 ? MapType.BFloat16 : MapType.Float32, quantization));
        long same = 0, all = 0;
        foreach (var (window, classes) in checks)
        {
            _cancellation.ThrowIfCancellationRequested();
            same += quantized.Classes(window).Zip(classes).LongCount(pair => pair.First == pair.Second);
            all += classes.Length;
        }

        return (double)same / all;
    }

    private Workbench Compile(NetworkGraph graph, ProgramTypes types)
    {
        var size = _settings.Window.Size;
        var input = new WindowInput(_settings.Normalization, _normalizer, _mosaic.Samples, Normalizer.MaximumOf(_mosaic.ImageryType), types.Wide);
        var program = FusedNetworks.Compile(_model, graph, size, MapRegion.Whole(size), types, input, Environment.ProcessorCount);
        return new Workbench(program, input, size);
    }

    /// <summary>A program with memory, for one window after the other.</summary>
    private sealed class Workbench(FusedProgram program, WindowInput input, int size) : IDisposable
    {
        private readonly HostBuffer _arena = HostBuffer.Take(program.ArenaBytes);
        private readonly HostBuffer _scratchpad = HostBuffer.Take(Math.Max(1, program.ScratchpadBytes));
        private readonly HostLogits _logits = new(1, program.Classes, size, size);

        /// <summary>The likeliest class of each pixel.</summary>
        public byte[] Classes(byte[] window, MapObserver? observer = null)
        {
            var memory = new FusedMemory(_arena.Pointer, _scratchpad.Pointer, _logits.View.Pointer);
            input.Write(window, size, program, memory);
            program.Run([memory], observer);
            return LogitClasses.Of(_logits, program.Classes, size, size);
        }

        public void Dispose()
        {
            _arena.Dispose();
            _scratchpad.Dispose();
            _logits.Dispose();
            program.Dispose();
        }
    }
}
