using System.Text.Json.Serialization;
using Flair.Telemetry;

namespace Flair.Indexing;

/// <summary>One row of <c>tiles</c>, and the record that commits a tile: it is written last, so where it is, the tile is done.</summary>
public sealed record TileRow
{
    /// <summary>The tile's name: its input's file name without extension.</summary>
    public required string Tile { get; init; }

    /// <summary>Ground extent; meaningless where <see cref="Width"/> is 0.</summary>
    public required GeoBox Box { get; init; }

    /// <summary>Columns; 0 for a failed tile whose place is not known, because its file cannot be opened.</summary>
    public required int Width { get; init; }

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>What became of it.</summary>
    public required TileStatus Status { get; init; }

    /// <summary>Why it failed, in one line; null when it did not.</summary>
    public string? Error { get; init; }

    /// <summary>What was read for it: path, size and modification time of every file, neighbours' included.</summary>
    public required IReadOnlyList<InputFingerprint> Inputs { get; init; }

    /// <summary>SHA-256 over <see cref="Inputs"/>, hexadecimal.</summary>
    public required string InputsFingerprint { get; init; }

    /// <summary>SHA-256 over the model's architecture, tensors and nomenclature, hexadecimal.</summary>
    public required string ModelFingerprint { get; init; }

    /// <summary>SHA-256 over every setting that changes a pixel, hexadecimal.</summary>
    public required string SettingsFingerprint { get; init; }

    /// <summary>The files written, relative to the output directory, each with its size in bytes and SHA-256.</summary>
    public required IReadOnlyList<OutputFile> Outputs { get; init; }

    /// <summary>Where the outputs are remote, the object with the tile's windows, as <see cref="Outputs"/>; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OutputFile? Fragment { get; init; }

    /// <summary>Windows of its lattice that touch it.</summary>
    public required int Windows { get; init; }

    /// <summary>Of these, those that the network computed.</summary>
    public required int WindowsComputed { get; init; }

    /// <summary>Pixels without data.</summary>
    public required long NodataPixels { get; init; }

    /// <summary>Pixels a class, by class index.</summary>
    public required IReadOnlyList<long> Histogram { get; init; }

    /// <summary>Mean probability of the winning class, 0 to 1; NaN when nothing was computed.</summary>
    public required double MeanConfidence { get; init; }

    /// <summary>Seconds from its first read to its last write.</summary>
    public required double Seconds { get; init; }

    /// <summary>
    /// Requests for its <see cref="Inputs"/>, their opening included, that no tile before it counted: all tiles together say what the run asked for.
    /// 0 where they are local, and for S3 and GCS, which GDAL reads by itself. It depends on what was cached, as <see cref="Seconds"/> on the machine.
    /// </summary>
    public long Requests { get; init; }

    /// <summary>Bytes that these requests brought.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Times it was tried, by this run and those before: 2 or more for a tile that failed before.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The row of a tile that is not finished after all: it refers to no file.</summary>
    /// <param name="error">Why, in one line.</param>
    internal TileRow AsFailed(string error) => this with
    {
        Status = TileStatus.Failed,
        Error = error,
        Outputs = [],
        Fragment = null,
        NodataPixels = 0,
        Histogram = [],
        MeanConfidence = double.NaN,
    };

    /// <summary>The row as it may be written: <see cref="Error"/> and the paths of <see cref="Inputs"/> without keys, tokens and passwords.</summary>
    public TileRow WithoutSecrets() => this with
    {
        Error = Redactor.Clean(Error),
        Inputs = [.. Inputs.Select(input => Redactor.Clean(input.Path) is var path && path == input.Path ? input : input with { Path = path })],
    };
}

/// <summary>What became of a tile.</summary>
public enum TileStatus
{
    /// <summary>Written, read back, recorded.</summary>
    Done,

    /// <summary>Could not be read or written; see the error.</summary>
    Failed,
}

/// <summary>What an input file was when it was read.</summary>
/// <param name="Path">Its path or address as the run saw it, without query strings (a SAS token never gets here).</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Modified">Its modification time, UTC ticks of 100 ns.</param>
/// <param name="ETag">Where it is an object, what changes with its content; else empty.</param>
public sealed record InputFingerprint(string Path, long Bytes, long Modified, string ETag = "");

/// <summary>A file that a tile wrote.</summary>
/// <param name="Path">Relative to the output directory, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its checksum, hexadecimal.</param>
public sealed record OutputFile(string Path, long Bytes, string Sha256)
{
    /// <summary>Its MD5, hexadecimal, which object storages tell without being read; null for local outputs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Md5 { get; init; }
}
