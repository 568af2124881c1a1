using Flair.Gdal;

namespace Flair.Toy;

/// <summary>
/// Makes a believable piece of country, with its labels, in the layout and names of BD ORTHO and LiDAR HD: RVB and IRC in JPEG2000
/// (0.2 m), surface and terrain models (0.5 m, GeoTIFF), FLAIR labels (values 1 to 19) and FLAIR-style training patches. The landscape is
/// a function of the seed and the place: more tiles of a seed show more of the same country, with nothing changed where they overlap.
/// </summary>
public static class ToyScene
{
    /// <summary>
    /// Writes a scene, or finds that it is there already. Files appear whole under their names; a scene that was interrupted is continued.
    /// </summary>
    /// <param name="options">What to write and where.</param>
    /// <param name="progress">Told a line at each step; may be null.</param>
    /// <param name="cancellation">Stops between pieces of work; what is finished stays.</param>
    /// <returns>The manifest, which is also in the folder as <c>toy.json</c>.</returns>
    /// <exception cref="FlairException">An option is out of range, the folder holds another scene, or it cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ToyManifest Create(ToyOptions options, Action<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        string folder = Path.GetFullPath(options.Directory);
        ToyManifest plan = ToyLayout.Plan(options);
        try
        {
            if (ToyManifest.Read(folder) is { } there)
            {
                if (there.SameScene(plan) && there.Complete && IsWhole(folder, there))
                    return there with { WasThere = true };
                if (!there.SameScene(plan))
                    MakeRoom(folder, there, plan, options.Force);
            }

            Directory.CreateDirectory(folder);
            plan.Write(folder);
            var layout = new ToyLayout(plan);
            WriteTiles(plan, layout, folder, progress, cancellation);
            if (plan.PatchCount > 0)
            {
                progress?.Invoke($"{plan.PatchCount} training patches");
                new ToyPatchCutter(plan, layout, folder).Cut(cancellation);
            }

            var files = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (string file in layout.AllFiles())
                files[file] = new FileInfo(Path.Combine(folder, file)).Length;
            ToyManifest done = plan with { Complete = true, Files = files };
            done.Write(folder);
            return done;
        }
        catch (AggregateException failures) when (failures.Flatten().InnerExceptions.FirstOrDefault(IsOutside) is { } failure)
        {
            throw Unwritable(folder, failure);
        }
        catch (Exception failure) when (IsOutside(failure))
        {
            throw Unwritable(folder, failure);
        }
    }

    private static void WriteTiles(ToyManifest plan, ToyLayout layout, string folder, Action<string>? progress, CancellationToken cancellation)
    {
        var writer = new ToyTileWriter(plan, layout, folder);
        for (int y = 0; y < plan.TilesY; y++)
        {
            for (int x = 0; x < plan.TilesX; x++)
            {
                if (Array.TrueForAll(layout.TileFiles(x, y), file => File.Exists(Path.Combine(folder, file))))
                    continue;
                progress?.Invoke($"tile {(y * plan.TilesX) + x + 1} of {plan.TilesX * plan.TilesY}: {Path.GetFileName(layout.Rvb(x, y))}");
                writer.Write(x, y, cancellation);
            }
        }
    }

    private static bool IsWhole(string folder, ToyManifest manifest)
    {
        bool whole = true;
        foreach ((string file, long bytes) in manifest.Files)
        {
            var info = new FileInfo(Path.Combine(folder, file));
            if (info.Exists && info.Length == bytes)
                continue;
            // Made again, with the rest of its tile.
            whole = false;
            if (info.Exists)
                info.Delete();
        }

        return whole;
    }

    private static void MakeRoom(string folder, ToyManifest there, ToyManifest wanted, bool force)
    {
        if (!force)
        {
            throw new FlairException(
                $"toy: {folder} holds another scene ({there.Describe()}; asked for {wanted.Describe()}); give another folder, or --force to replace it");
        }

        // The paths are worked out again from the options: what a file says is not a reason to delete.
        ToyManifest old = ToyLayout.Plan(new ToyOptions { Directory = folder, TilesX = there.TilesX, TilesY = there.TilesY, Size = there.Size, Seed = there.Seed, Patches = there.Patches });
        foreach (string path in new ToyLayout(old).AllFiles().Select(file => Path.Combine(folder, file)).Where(File.Exists))
            File.Delete(path);
        File.Delete(Path.Combine(folder, ToyManifest.FileName));
    }

    private static bool IsOutside(Exception failure) => failure is IOException or UnauthorizedAccessException or GdalException;

    private static FlairException Unwritable(string folder, Exception failure) =>
        new($"toy: cannot write the scene in {folder}: {failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}; check the disk's space and the folder's rights", failure);
}
