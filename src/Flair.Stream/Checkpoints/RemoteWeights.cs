using Flair.Storage;

namespace Flair.Checkpoints;

/// <summary>
/// Weights and what lies beside them at an address: downloaded once into a cache (<c>$XDG_CACHE_HOME/flair-stream</c>, mostly
/// <c>~/.cache/flair-stream</c>) and read from there. A cached file is taken only where the object still has the version it had and
/// its own SHA-256 is the one noted when it came.
/// </summary>
internal static class RemoteWeights
{
    private const string Checksum = ".sha256";

    /// <summary>The file to read: the path itself where it is local, else the cached copy.</summary>
    /// <exception cref="FlairException">There is none, or it cannot be read or kept.</exception>
    public static string Local(string path) => LocalOrNull(path) ?? throw new FlairException($"{path} does not exist");

    /// <summary>As <see cref="Local"/>; null where the object does not exist.</summary>
    public static string? LocalOrNull(string path) => ObjectPath.IsRemoteText(path)
        ? RemotePlaces.Guard(() => Fetch(ObjectPath.Parse(path)))
        : path;

    private static string? Fetch(ObjectPath path)
    {
        var (store, key) = ObjectStores.OpenObject(path);
        if (store.Head(key) is not { } entry)
            return null;
        var folder = Path.Combine(CacheFolder(), Sha256.OfText($"{path}\n{entry.Bytes}\n{entry.Modified}\n{entry.ETag}"));
        var file = Path.Combine(folder, path.Name);
        try
        {
            if (IsWhole(file, entry.Bytes))
                return file;
            Directory.CreateDirectory(folder);

            // Others may download it too: each under a name of its own, and the last one stays.
            var temporary = $"{file}.{Guid.NewGuid():N}";
            try
            {
                if (store.Download(key, temporary) != entry)
                    throw new FlairException($"{path}: changed while it was downloaded; start again");
                DurableFile.WriteAllBytes(file + Checksum, System.Text.Encoding.ASCII.GetBytes(Sha256.OfFile(temporary)));
                DurableFile.Commit(temporary, file);
            }
            finally
            {
                File.Delete(temporary);
            }

            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{path}: cannot be kept in {folder} ({e.Message.TrimEnd('.')}); set XDG_CACHE_HOME to a directory with room", e);
        }
    }

    private static bool IsWhole(string file, long bytes) =>
        new FileInfo(file) is { Exists: true } info && info.Length == bytes && File.Exists(file + Checksum) && File.ReadAllText(file + Checksum) == Sha256.OfFile(file);

    private static string CacheFolder()
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } user ? Path.Combine(user, ".cache") : Path.GetTempPath();
        return Path.Combine(home, "flair-stream");
    }
}
