namespace Flair.Toy;

/// <summary>Which part of which toy landscape to write, and where.</summary>
public sealed record ToyOptions
{
    /// <summary>The folder to write to; made when it is not there.</summary>
    public required string Directory { get; init; }

    /// <summary>Tiles from west to east; 1 or more.</summary>
    public int TilesX { get; init; } = 2;

    /// <summary>Tiles from north to south; 1 or more.</summary>
    public int TilesY { get; init; } = 2;

    /// <summary>Side of a tile in 0.2 m pixels, 16 to 25000. A tile is held in memory, about 15 bytes a pixel, and its encoding takes more.</summary>
    public int Size { get; init; } = 1000;

    /// <summary>Which landscape; any number. Scenes of the same seed are parts of the same landscape, from its north-west corner.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether to cut FLAIR-style training patches from the scene; a scene narrower than a patch gives none.</summary>
    public bool Patches { get; init; } = true;

    /// <summary>Side of a patch in pixels, 32 to 2048, a multiple of 32; FLAIR's is 512.</summary>
    public int PatchSize { get; init; } = 512;

    /// <summary>Whether the imagery says its coordinate reference system; real BD ORTHO dalles often do not, only their names do.</summary>
    public bool WriteCrs { get; init; } = true;

    /// <summary>Whether to replace another scene in the folder, rather than to refuse.</summary>
    public bool Force { get; init; }

    /// <summary>Throws with one clear line when the options make no scene.</summary>
    /// <exception cref="FlairException">A number is out of its range.</exception>
    internal void Check()
    {
        if (string.IsNullOrWhiteSpace(Directory))
            throw new FlairException("toy: no folder given; say where to write the scene, e.g. ./flair toy demo/scene");
        if (TilesX < 1 || TilesY < 1 || (long)TilesX * TilesY > 10_000)
            throw new FlairException($"toy: {TilesX}x{TilesY} tiles asked for; give from 1x1 to 10000 in all, e.g. --tiles 2x2");
        if (Size is < 16 or > 25_000)
            throw new FlairException($"toy: a tile of {Size} pixels asked for; give 16 to 25000, e.g. --size 1000");
        if (PatchSize is < 32 or > 2048 || PatchSize % 32 != 0)
            throw new FlairException($"toy: patches of {PatchSize} pixels asked for; give a multiple of 32 from 32 to 2048, e.g. --patch-size 512");
        if ((long)Math.Max(TilesX, TilesY) * Size > 2_000_000)
            throw new FlairException($"toy: {TilesX}x{TilesY} tiles of {Size} pixels reach farther than 400 km; give fewer or smaller tiles");
    }
}
