namespace Flair.Settings;

/// <summary>
/// Everything that decides what a run of <c>flair detect</c> computes and where it goes, complete and validated: no key is missing,
/// no path is relative to anything but the working directory. Made from a pipeline YAML, a FLAIR-1 YAML and the command line.
/// </summary>
public sealed record RunSettings
{
    /// <summary>The directory that takes the tiles, the index and the run's record.</summary>
    public required string Output { get; init; }

    /// <summary>The products whose bands make a window, in the order of the model's channels.</summary>
    public required IReadOnlyList<ProductSettings> Inputs { get; init; }

    /// <summary>The network, its weights and its classes.</summary>
    public required ModelSettings Model { get; init; }

    /// <summary>How 8-bit (or other) values become the network's input.</summary>
    public NormalizationSettings Normalization { get; init; } = new();

    /// <summary>Size and overlap of the windows.</summary>
    public WindowSettings Window { get; init; } = new();

    /// <summary>Windows that go through the network together; 1 or more.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>How overlapping windows become one map.</summary>
    public StitchMode Stitch { get; init; } = StitchMode.Blend;

    /// <summary>Which rasters are written.</summary>
    public OutputSettings Outputs { get; init; } = new();

    /// <summary>The arithmetic of the network.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Where the network runs: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:0</c>. <c>auto</c> takes CUDA where it is.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>What counts as no data.</summary>
    public NodataSettings Nodata { get; init; } = new();

    /// <summary>Threads, memory and patience.</summary>
    public ResourceSettings Resources { get; init; } = new();

    /// <summary>Where metrics and traces are sent (OTLP), e.g. <c>http://localhost:4318</c>; null: where the environment says, or nowhere.</summary>
    public string? TelemetryEndpoint { get; init; }

    /// <summary>The coordinate reference system of inputs that do not say theirs, as <c>EPSG:2154</c>; null when they must.</summary>
    public string? Crs { get; init; }

    /// <summary>Set when the settings come from a FLAIR-1 file: its slicing, its names, one raster out.</summary>
    public FlairDetectSettings? FlairDetect { get; init; }
}

/// <summary>One product: a set of rasters (or a pair of elevation models) that each tile takes bands from.</summary>
public sealed record ProductSettings
{
    /// <summary>The name in messages and in the index, e.g. <c>rvb</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Directories, globs (<c>**</c> allowed) or files. Empty for a height product.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The bands taken, numbered from 1 as GDAL does, in the order of the model's channels. Empty for a height product.</summary>
    public IReadOnlyList<int> Bands { get; init; } = [];

    /// <summary>Set for a height band: surface minus terrain model.</summary>
    public HeightSettings? Height { get; init; }

    /// <summary>The number of channels it contributes.</summary>
    public int ChannelCount => Height is null ? Bands.Count : 1;
}

/// <summary>
/// FLAIR's fifth band: height above ground in 8 bits, clip(round((surface − terrain) / <see cref="Unit"/>), 0, 255), resampled
/// bilinearly to the mosaic's grid. With <see cref="Terrain"/> empty, <see cref="Surface"/> is already a height above ground.
/// </summary>
public sealed record HeightSettings
{
    /// <summary>Directories, globs or files of the surface model (MNS), in metres.</summary>
    public required IReadOnlyList<string> Surface { get; init; }

    /// <summary>Directories, globs or files of the terrain model (MNT), in metres; empty when <see cref="Surface"/> is a height above ground.</summary>
    public IReadOnlyList<string> Terrain { get; init; } = [];

    /// <summary>Metres a unit of the 8-bit band; FLAIR's is 0.2.</summary>
    public double Unit { get; init; } = 0.2;
}

/// <summary>The network, its weights and its classes.</summary>
public sealed record ModelSettings
{
    /// <summary>Encoder and decoder as FLAIR-1 writes them, e.g. <c>resnet34_unet</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>A <c>.pth</c>, <c>.ckpt</c> or <c>.safetensors</c> file, or <c>formula</c> for reproducible untrained weights.</summary>
    public required string Weights { get; init; }

    /// <summary>A built-in nomenclature (<c>flair-19</c>, <c>flair-15</c>, <c>flair-13</c>, <c>flair-12</c>, <c>flair-hub</c>) or the path of a YAML file.</summary>
    public string Classes { get; init; } = "flair-19";

    /// <summary>Logits of the network; null: as many as the nomenclature has classes.</summary>
    public int? Logits { get; init; }
}

/// <summary>How raw values become the network's input.</summary>
public sealed record NormalizationSettings
{
    /// <summary>The formula.</summary>
    public NormalizationType Type { get; init; } = NormalizationType.Custom;

    /// <summary>Means, one a channel, in raw units; for <see cref="NormalizationType.Custom"/>.</summary>
    public IReadOnlyList<double> Means { get; init; } = [];

    /// <summary>Standard deviations, one a channel, in raw units, not 0; for <see cref="NormalizationType.Custom"/>.</summary>
    public IReadOnlyList<double> Stds { get; init; } = [];
}

/// <summary>FLAIR-1's <c>norm_type</c>.</summary>
public enum NormalizationType
{
    /// <summary>(value − mean) / standard deviation, in double precision as FLAIR-1 does.</summary>
    Custom,

    /// <summary>To [0, 1] by the data type's range, as skimage's <c>img_as_float</c>.</summary>
    Scaling,

    /// <summary>As it is.</summary>
    Without,
}

/// <summary>Size and overlap of the windows.</summary>
public sealed record WindowSettings
{
    /// <summary>Width and height of a window in pixels; FLAIR-1's <c>img_pixels_detection</c>.</summary>
    public int Size { get; init; } = 512;

    /// <summary>Pixels on each side that a neighbour sees too; 2 × margin &lt; size. The stride is size − 2 × margin.</summary>
    public int Margin { get; init; } = 128;

    /// <summary>Distance of neighbouring windows in pixels.</summary>
    public int Stride => Size - (2 * Margin);
}

/// <summary>How overlapping windows become one map.</summary>
public enum StitchMode
{
    /// <summary>Softmax probabilities averaged over the overlap with raised-cosine weights that sum to one.</summary>
    Blend,

    /// <summary>Margins thrown away, as FLAIR-1 does.</summary>
    Crop,
}

/// <summary>Which rasters are written.</summary>
public sealed record OutputSettings
{
    /// <summary>Class codes; always written except when a FLAIR-1 file asks for <c>class_prob</c>.</summary>
    public bool Classes { get; init; } = true;

    /// <summary>One band a class with floor(255 × probability), FLAIR-1's <c>class_prob</c>.</summary>
    public bool Probabilities { get; init; }

    /// <summary>One band with floor(255 × the probability of the class that won).</summary>
    public bool Confidence { get; init; }
}

/// <summary>The arithmetic of the network.</summary>
public enum Precision
{
    /// <summary>The fastest that keeps the map: see README.md.</summary>
    Auto,

    /// <summary>32-bit floating point.</summary>
    Fp32,

    /// <summary>bfloat16 where the device has it.</summary>
    Bf16,

    /// <summary>16-bit floating point; CUDA only.</summary>
    Fp16,

    /// <summary>8-bit whole numbers where a calibration of the model says that they do, bfloat16 elsewhere; CPU only.</summary>
    Int8,
}

/// <summary>What counts as no data.</summary>
public sealed record NodataSettings
{
    /// <summary><c>auto</c> (what the files declare, see ARCHITECTURE.md), <c>none</c>, or a value that overrides what they declare.</summary>
    public string Value { get; init; } = "auto";

    /// <summary>
    /// A declared nodata value that is also a valid one (0 or 255 in 8 bits) counts only in solid squares of this many pixels a side,
    /// so that a white roof stays a roof. 1 takes every such pixel.
    /// </summary>
    public int Solid { get; init; } = 32;
}

/// <summary>Threads and memory.</summary>
public sealed record ResourceSettings
{
    /// <summary>Threads of the network on CPU; 0: all cores.</summary>
    public int Threads { get; init; }

    /// <summary>Rasters decoded at once; 0: as many as there are cores.</summary>
    public int Readers { get; init; }

    /// <summary>Times a tile that cannot be read is tried in all; 1 or more.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Minutes in which a block of the graph may make no progress before a warning, and again before the run ends; 0: for ever.</summary>
    public double Watchdog { get; init; } = 10;

    /// <summary>True for minutes that a watchdog may wait: 0, or 0.1 to 1440.</summary>
    public static bool IsWatchdog(double minutes) => minutes is 0 or (>= 0.1 and <= 1440);

    /// <summary>Minutes after which an input that makes no progress counts as hanging its decoder; 0: never.</summary>
    public double StallMinutes { get; init; } = 5;

    /// <summary>Times a run that died without an input's fault (or none that shows) is started again; 0 or more.</summary>
    public int Restarts { get; init; } = 3;

    /// <summary>Days after which an input that crashed or hung its decoder is tried again though nothing has changed; 0: by every run.</summary>
    public int QuarantineDays { get; init; } = 7;

    /// <summary>The directory for the working files of an output in object storage; null: one under the directory for temporary files.</summary>
    public string? Work { get; init; }
}

/// <summary>What only a FLAIR-1 detection file decides.</summary>
public sealed record FlairDetectSettings
{
    /// <summary>File name of the result without its extension (<c>output_name</c>).</summary>
    public required string OutputName { get; init; }

    /// <summary>Writes FLAIR-1's slicing job as a GeoPackage (<c>write_dataframe</c>).</summary>
    public bool WriteDataframe { get; init; }
}
