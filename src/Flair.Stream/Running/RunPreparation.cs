using Flair.Batching;
using Flair.Calibrating;
using Flair.Checkpoints;
using Flair.Gdal;
using Flair.Indexing;
using Flair.Inference;
using Flair.Models;
using Flair.Publishing;
using Flair.Settings;
using Flair.Source;
using Flair.Telemetry;
using Flair.Tiles;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Running;

/// <summary>
/// All that a run has to know before it computes: the inputs checked, the weights read, the tiles still to do. Nothing is written.
/// </summary>
public sealed class RunPreparation
{
    private RunPreparation(RunSettings settings, Mosaic mosaic, LoadedModel model, Calibration? calibration, string device, string version, RunOptions options, RemoteOutput? remote)
    {
        Calibration = calibration;
        Settings = settings;
        Mosaic = mosaic;
        Model = model;
        Device = device;
        Layout = remote?.Local ?? new OutputLayout(settings);
        SettingsText = SettingsFingerprint.Canonical(settings, device) + $"\nengine {(IsFused ? "oneDNN" : "libtorch")}";
        if (calibration is not null)
            SettingsText += $"\ncalibration {calibration.Fingerprint}";
        Identity = new RunIdentity(
            RunIdentity.CurrentVersion,
            version,
            SettingsText,
            ModelInWords,
            model.Fingerprint,
            $"EPSG:{mosaic.Grid.Epsg}, {mosaic.Grid.PixelWidth:R} x {mosaic.Grid.PixelHeight:R}, anchor {mosaic.Grid.AnchorX:R} {mosaic.Grid.AnchorY:R}",
            RunSettingsText.ToYaml(settings));
        Description = new IndexDescription(mosaic.Grid, model.Nomenclature, mosaic.Grid.CrsWkt.Length == 0 ? null : Crs.ToProjJson(mosaic.Grid.CrsWkt));
        Lattice = settings.FlairDetect is null
            ? new GridLattice(settings.Window, settings.Stitch)
            : SliceAsFlair(settings, mosaic);
        RunDirectory.Check(Layout, Identity, options.Replace);
        Survey = new OutputSurvey(this);
        var unfinished = mosaic.Tiles.Where(tile => Survey.Reasons.ContainsKey(tile.Name)).ToList();
        Unreadable = [.. mosaic.Unreadable, .. unfinished.Select(mosaic.HeldBack).OfType<UnreadableTile>()];
        Units = WorkUnit.Group(unfinished.Where(tile => mosaic.HeldBack(tile) is null));
        Kept = [.. Survey.Removed.Where(tile => tile.State == RemovedState.Kept && !options.Prune).Select(tile => tile.Row)];
        // What object storage holds is seen when its files are listed at the end.
        ChangesIndex = Units.Count > 0 || Unreadable.Count > 0 || (Layout.Remote is null && !Layout.Index.Lists(OutputSurvey.Digest(Finished.Concat(Kept))));
    }

    /// <summary>The settings.</summary>
    public RunSettings Settings { get; }

    /// <summary>The inputs.</summary>
    public Mosaic Mosaic { get; }

    /// <summary>The weights and classes.</summary>
    public LoadedModel Model { get; private set; }

    /// <summary>What int8 needs to know of the model; null for other precisions.</summary>
    public Calibration? Calibration { get; }

    /// <summary>The inputs that must not be decoded.</summary>
    public Quarantine Quarantine { get; private init; } = Quarantine.None;

    /// <summary>The device that <c>auto</c> became.</summary>
    public string Device { get; }

    /// <summary>Whether the network is fused (<see cref="PrecisionChoice.IsFused"/>).</summary>
    public bool IsFused => PrecisionChoice.IsFused(Model, Device);

    /// <summary>Where things go.</summary>
    public OutputLayout Layout { get; }

    /// <summary>What the output directory must be.</summary>
    public RunIdentity Identity { get; }

    /// <summary>Every setting that changes a pixel.</summary>
    public string SettingsText { get; }

    /// <summary>Where windows lie.</summary>
    public ILattice Lattice { get; }

    /// <summary>What the output directory holds already.</summary>
    public OutputSurvey Survey { get; }

    /// <summary>Records of the tiles that need no work.</summary>
    public IReadOnlyList<TileRow> Finished => Survey.Finished;

    /// <summary>The tiles that fail without being tried.</summary>
    public IReadOnlyList<UnreadableTile> Unreadable { get; }

    /// <summary>The tiles still to do, grouped.</summary>
    public IReadOnlyList<WorkUnit> Units { get; }

    /// <summary>Records of tiles without input that stay in map and index.</summary>
    public IReadOnlyList<TileRow> Kept { get; }

    /// <summary>True when the run adds to the index or changes it.</summary>
    public bool ChangesIndex { get; }

    /// <summary>The model for people.</summary>
    public string ModelInWords =>
        $"{Model.Architecture}, {Mosaic.ChannelCount} channels, {Model.Nomenclature.Name}, {RunSettingsText.Word(Settings.Precision)}{(Model.WeightsAreFormula ? ", formula weights (untrained)" : "")}";

    /// <summary>What each raster says of how it was made.</summary>
    public IReadOnlyDictionary<string, string> TileMetadata => new Dictionary<string, string>
    {
        ["FLAIR_SOFTWARE"] = $"Flair.Stream {Identity.Software}",
        ["FLAIR_MODEL"] = Redactor.Clean(ModelInWords),
        ["FLAIR_MODEL_SHA256"] = Model.Fingerprint,
        ["FLAIR_SETTINGS"] = Redactor.Clean(SettingsText).Replace("\n", "; ", StringComparison.Ordinal),
    };

    /// <summary>Threads of the network on CPU.</summary>
    public int Threads => Settings.Resources.Threads > 0 ? Settings.Resources.Threads : Environment.ProcessorCount;

    /// <summary>Hectares of a pixel; 0 when the CRS is not metric.</summary>
    public double HectaresPerPixel => Description.HectaresPerPixel ?? 0;

    /// <summary>Grid and classes, as the index keeps them.</summary>
    public IndexDescription Description { get; }

    /// <summary>Puts the weights on the device; the caller disposes of them.</summary>
    public InferenceWorkers CreateInference() => InferenceWorkers.Create(new()
    {
        Settings = Settings,
        Model = Model,
        Calibration = Calibration,
        Samples = Mosaic.Samples,
        Maximum = Normalizer.MaximumOf(Mosaic.ImageryType),
        Device = Device,
        Threads = Threads,
    });

    /// <summary>Lets the weights go: networks that were made of them have their own. No other can be made from then on.</summary>
    public void ForgetWeights() => Model = Model with { Weights = new StateDict() };

    /// <summary>Reads what is needed and checks that it belongs together.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="version">The software's version.</param>
    /// <param name="notice">Takes what is worth a line.</param>
    /// <param name="options">Replacing and pruning are looked at; null for neither.</param>
    /// <param name="remote">The object storage that the output goes to; null for a local one.</param>
    /// <exception cref="FlairException">It does not; the message says all that is wrong.</exception>
    public static RunPreparation Prepare(RunSettings settings, string version, Action<string> notice, RunOptions? options = null, RemoteOutput? remote = null)
    {
        options ??= new RunOptions();
        var layout = remote?.Local ?? new OutputLayout(settings);
        var weights = options.Model is null ? ModelLoader.BeginReading(settings.Model) : null;
        GdalRuntime.Initialize();
        var device = ResolveDevice(settings);
        var quarantine = Quarantine.Load(
            layout.QuarantineFile, DecodeLedger.Current?.Verdicts() ?? [], version, settings.Resources.QuarantineDays, DateTime.UtcNow);
        if (quarantine.Files is [var first, .. var others])
        {
            notice($"in quarantine, until the file, this program or {settings.Resources.QuarantineDays} days change that: {first.Reason}"
                + (others.Length > 0 ? $" (and {others.Length} more, see {Path.GetFileName(layout.QuarantineFile)})" : ""));
        }

        var mosaic = Mosaic.Open(settings, quarantine, notice);
        var sizes = ArchitectureRegistry.Parse(settings.Model.Architecture).Architecture.Sizes;
        if (!sizes.Contains(settings.Window.Size))
            throw new FlairException($"window.size is {settings.Window.Size}, but {settings.Model.Architecture} needs {sizes.One}");
        CheckStatistics(settings.Normalization, mosaic);
        var model = options.Model?.Invoke(settings.Model, mosaic.ChannelCount) ?? ModelLoader.Load(settings.Model, mosaic.ChannelCount, weights);
        var calibration = settings.Precision is Precision.Auto or Precision.Int8 ? Calibration.Find(settings.Model.Weights, model.Fingerprint) : null;
        var precision = PrecisionChoice.Resolve(settings.Precision, device, model, calibration);
        if (settings.Precision == Precision.Auto && !options.Replace)
            precision = KeepPrecision(layout, model, calibration, device, precision, notice);
        settings = settings with { Precision = precision };
        if (TileWriter.CompressionNotice is { } compression)
            notice(compression);
        if (model.WeightsAreFormula)
            notice("the weights are a formula, not trained: the map shows that the pipeline works, not what is on the ground");
        return new RunPreparation(settings, mosaic, model, settings.Precision == Precision.Int8 ? calibration : null, device, version, options, remote) { Quarantine = quarantine };
    }

    /// <summary>
    /// The precision of an output directory that <c>auto</c> made, where <c>auto</c> would now take another one, as after a calibration has appeared or on
    /// another processor: half a map in another arithmetic is nobody's wish, nor is a nightly run that stops until somebody looks.
    /// </summary>
    private static Precision KeepPrecision(OutputLayout layout, LoadedModel model, Calibration? calibration, string device, Precision chosen, Action<string> notice)
    {
        if (RunDirectory.Find(layout) is not { } found || found.ModelFingerprint != model.Fingerprint || found.Setting("precision") is not { } word)
            return chosen;
        foreach (var kept in (Precision[])[Precision.Fp32, Precision.Bf16, Precision.Int8])
        {
            if (word != RunSettingsText.Word(kept) || kept == chosen || !PrecisionChoice.CouldBeAuto(kept, device, model, calibration))
                continue;
            notice($"{layout.Shown} was made in {word}, so this run keeps to it, though auto would take {RunSettingsText.Word(chosen)} here by now; --replace maps everything again in that");
            return kept;
        }

        return chosen;
    }

    /// <summary>Every file that decides a pixel of a tile: its own and those of the neighbours that its windows reach into.</summary>
    public IReadOnlyList<InputFingerprint> InputsOf(SourceTile tile) => InputsOf(tile, asRead: true);

    /// <summary>As <see cref="InputsOf(SourceTile)"/>.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="asRead">False for the files in quarantine as they are on disk, not marked as unread.</param>
    internal IReadOnlyList<InputFingerprint> InputsOf(SourceTile tile, bool asRead) =>
        Mosaic.Fingerprints(tile.Rect.Inflate(Settings.FlairDetect is null ? Settings.Window.Size : 0), asRead);

    /// <summary>Where the tile of a record lies on the mosaic's grid.</summary>
    public GridRect RectOf(TileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var grid = Mosaic.Grid;
        return new GridRect(
            (int)Math.Round((row.Box.Left - grid.AnchorX) / grid.PixelWidth), (int)Math.Round((grid.AnchorY - row.Box.Top) / grid.PixelHeight), row.Width, row.Height);
    }

    private static FlairSlicing SliceAsFlair(RunSettings settings, Mosaic mosaic)
    {
        if (mosaic.Tiles.Count != 1)
            throw new FlairException($"input_img_path has {mosaic.Tiles.Count} rasters, but a FLAIR-1 file maps one; use a pipeline file (see pipelines/) for a directory");
        var tile = mosaic.Tiles[0];
        using var raster = Raster.Open(tile.PrimaryFile);
        var transform = raster.GeoTransform ?? mosaic.Grid.GeoTransform(tile.Rect);
        return new FlairSlicing(tile.Rect, transform, settings.Window.Size, settings.Window.Margin);
    }

    /// <summary>Means and deviations of 8-bit values make noise of 16-bit imagery, without any error.</summary>
    private static void CheckStatistics(NormalizationSettings normalization, Mosaic mosaic)
    {
        var deep = mosaic.ImageryType is GdalType.UInt16 or GdalType.Int16 or GdalType.UInt32 or GdalType.Int32;
        if (normalization.Type != NormalizationType.Custom || !deep)
            return;
        var largest = normalization.Means.Zip(normalization.Stds, (mean, deviation) => mean + (3 * deviation)).Max();
        if (largest < 512)
        {
            throw new FlairException(
                $"{mosaic.Tiles[0].PrimaryFile} is {mosaic.ImageryType}, but normalization.means and stds are those of 8-bit values (largest mean {normalization.Means.Max()}); "
                + "give the statistics of this imagery, or convert it to 8 bits");
        }
    }

    private static string ResolveDevice(RunSettings settings)
    {
        var device = DeviceChoice.Resolve(settings.Device, () => LibTorch.CudaDeviceCount);
        // Before the inputs are looked at.
        NetworkOptimizer.Check(settings.Precision, device);
        return device;
    }
}
