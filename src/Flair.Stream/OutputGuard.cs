using Flair.Gdal;

namespace Flair;

/// <summary>What is said where the disk refuses an output: a full one, one without the rights, one that reads back something else.</summary>
internal static class OutputGuard
{
    /// <summary>Writes something.</summary>
    /// <param name="failure">What a failure means, e.g. <c>DIRECTORY: the report cannot be written</c>; the reason and the advice follow it.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="FlairException">It cannot be written.</exception>
    public static void Run(string failure, Action write) => Run(failure, () =>
    {
        write();
        return true;
    });

    /// <summary>Writes something and returns what <paramref name="write"/> does.</summary>
    /// <inheritdoc cref="Run(string, Action)"/>
    public static T Run<T>(string failure, Func<T> write) => Run(failure, null, write);

    /// <summary>As before, and tells the room that is left where it is written: not every library names a full disk.</summary>
    /// <inheritdoc cref="Run(string, Action)"/>
    public static T Run<T>(string failure, string? directory, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is GdalException or IOException or UnauthorizedAccessException)
        {
            // What an output is made from may lie in object storage, where no disk is to blame.
            var advice = e is GdalException && e.Message.Contains("://", StringComparison.Ordinal)
                ? "what is finished stays: run the same command again to go on"
                : Advice(directory);
            throw new FlairException($"{failure} ({e.Message.TrimEnd('.')}); {advice}", e);
        }
    }

    /// <summary>What to look at where nothing can be written, with the room that is left there.</summary>
    public static string Advice(string? directory)
    {
        const string look = "check the disk and the rights on it";
        if (directory is null)
            return look;
        try
        {
            long free = new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;
            return $"{free >> 20} MiB are free there, {look}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return look;
        }
    }
}
