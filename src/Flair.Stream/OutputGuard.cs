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
    public static T Run<T>(string failure, Func<T> write)
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
                : "check the disk and the rights on it";
            throw new FlairException($"{failure} ({e.Message.TrimEnd('.')}); {advice}", e);
        }
    }
}
