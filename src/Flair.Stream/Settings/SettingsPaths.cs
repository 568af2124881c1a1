namespace Flair.Settings;

/// <summary>Resolves the paths of settings files.</summary>
internal static class SettingsPaths
{
    /// <summary>
    /// A path as the program uses it: absolute when <paramref name="directory"/> says what it is relative to, as it is when that is
    /// empty, and always as it is for GDAL's virtual file systems (<c>/vsi…</c>) and addresses, of which a query is taken off (<see cref="RemotePlaces"/>).
    /// </summary>
    public static string Resolve(string path, string directory)
    {
        if (directory.Length == 0 || path.StartsWith("/vsi", StringComparison.Ordinal) || path.Contains("://", StringComparison.Ordinal))
            return RemotePlaces.WithoutSecret(path);
        if (Flair.Storage.ObjectPath.IsRemoteText(directory))
            return Path.IsPathRooted(path) ? path : directory.TrimEnd('/') + "/" + path;
        return directory.StartsWith("/vsi", StringComparison.Ordinal)
            ? directory.TrimEnd('/') + "/" + path
            : Path.GetFullPath(path, Path.GetFullPath(directory));
    }
}
