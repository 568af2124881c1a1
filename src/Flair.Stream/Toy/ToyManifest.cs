using System.Text.Json;
using System.Text.Json.Serialization;

namespace Flair.Toy;

/// <summary>What <c>toy.json</c> in the folder of a toy scene says; paths are relative to that folder and use <c>/</c>.</summary>
public sealed record ToyManifest
{
    /// <summary>The file's name.</summary>
    public const string FileName = "toy.json";

    /// <summary>Version of the landscape: another one draws other pixels.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, NewLine = "\n" };

    /// <summary>Version of the landscape that wrote the scene.</summary>
    public required int Version { get; init; }

    /// <summary>Tiles from west to east.</summary>
    public required int TilesX { get; init; }

    /// <summary>Tiles from north to south.</summary>
    public required int TilesY { get; init; }

    /// <summary>Side of a tile in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>The landscape's seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Whether patches were asked for.</summary>
    public required bool Patches { get; init; }

    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 512;

    /// <summary>Whether the imagery says its coordinate reference system.</summary>
    public required bool WriteCrs { get; init; }

    /// <summary>Folder of the red, green, blue dalles.</summary>
    public required string Rvb { get; init; }

    /// <summary>Folder of the near infrared, red, green dalles.</summary>
    public required string Irc { get; init; }

    /// <summary>Folder of the surface model.</summary>
    public required string Mns { get; init; }

    /// <summary>Folder of the terrain model.</summary>
    public required string Mnt { get; init; }

    /// <summary>Folder of the labels.</summary>
    public required string Labels { get; init; }

    /// <summary>Folder of the training patches and their CSV files; empty when there are none.</summary>
    public required string PatchFolder { get; init; }

    /// <summary>How many patches there are.</summary>
    public required int PatchCount { get; init; }

    /// <summary>True when every file was written; false in the manifest of a scene that was interrupted.</summary>
    public bool Complete { get; init; }

    /// <summary>Bytes of each file; empty until the scene is complete.</summary>
    public IReadOnlyDictionary<string, long> Files { get; init; } = new SortedDictionary<string, long>(StringComparer.Ordinal);

    /// <summary>True when the scene was there already and nothing was written.</summary>
    [JsonIgnore]
    public bool WasThere { get; init; }

    /// <summary>The manifest in a folder, or null when there is none that can be read.</summary>
    public static ToyManifest? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<ToyManifest>(File.ReadAllText(path), Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the manifest into a folder, whole or not at all.</summary>
    internal void Write(string folder) =>
        DurableFile.Write(Path.Combine(folder, FileName), temporary => File.WriteAllText(temporary, JsonSerializer.Serialize(this, Json) + "\n"));

    /// <summary>True when both are of the same scene.</summary>
    internal bool SameScene(ToyManifest other) =>
        (Version, TilesX, TilesY, Size, Seed, Patches, PatchSize, WriteCrs)
        == (other.Version, other.TilesX, other.TilesY, other.Size, other.Seed, other.Patches, other.PatchSize, other.WriteCrs);

    /// <summary>What sets this scene apart, for messages.</summary>
    internal string Describe() =>
        $"--tiles {TilesX}x{TilesY} --size {Size} --seed {Seed}{(Patches ? PatchSize == 512 ? "" : $" --patch-size {PatchSize}" : ", no patches")}{(WriteCrs ? "" : ", no CRS")}{(Version == CurrentVersion ? "" : $", version {Version} of the landscape")}";
}
