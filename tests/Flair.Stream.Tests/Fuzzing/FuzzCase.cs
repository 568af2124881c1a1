using System.Diagnostics;

namespace Flair.Tests.Fuzzing;

/// <summary>What became of one damaged file.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Refused">True where it was refused in words, false where it was read.</param>
/// <param name="Fault">What must not have happened; null where nothing did.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Allocated">Bytes of managed memory that its thread asked for, all together.</param>
internal sealed record FuzzCase(int Seed, bool Refused, string? Fault, double Milliseconds, long Allocated)
{
    /// <summary>Tells what does not end from what takes milliseconds, also on a machine that does many other things; it measures nothing.</summary>
    private const int MostSeconds = 180;

    /// <summary>Four times a file and 64 MiB of tensors, and as much again for what describes them.</summary>
    private const long MostAllocated = 256L << 20;

    private const int LongestLine = 4096;
    private const int MostLines = 256;

    /// <summary>Damages a file and reads it.</summary>
    /// <param name="target">What reads.</param>
    /// <param name="seed">Which damage.</param>
    /// <param name="directory">Of the file, prepared by the target.</param>
    public static FuzzCase Run(FuzzTarget target, int seed, string directory)
    {
        var path = Path.Combine(directory, target.FileName);
        File.WriteAllBytes(path, target.Damage(seed));
        var refused = false;
        string? fault = null;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        try
        {
            target.Read(path);
        }
        catch (FlairException error)
        {
            refused = true;
            fault = FaultOf(error.Message, target.HasManyLines ? path : null);
        }
#pragma warning disable CA1031 // Any other exception is what is looked for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            fault = error.ToString();
        }

        var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (milliseconds > MostSeconds * 1000)
            fault ??= $"took {milliseconds / 1000:F1} s";
        if (allocated > MostAllocated)
            fault ??= $"allocated {allocated >> 20} MiB";
        return new(seed, refused, fault, milliseconds, allocated);
    }

    /// <param name="message">What the user would read.</param>
    /// <param name="about">What each of several lines begins with; null where there must be one.</param>
    private static string? FaultOf(string message, string? about)
    {
        var lines = message.Split('\n');
        if (lines.Length > 1 && !lines.All(line => about is not null && (line.StartsWith(about, StringComparison.Ordinal) || line.StartsWith("--", StringComparison.Ordinal))))
            return $"a line feed in: {message.Replace('\n', '?')}";
        if (lines.Length > MostLines)
            return $"a message of {lines.Length} lines: {lines[0]}";
        if (lines.FirstOrDefault(line => line.Length is 0 or > LongestLine) is { } longest)
            return $"a line of {longest.Length} letters: {message[..Math.Min(message.Length, 200)]}";
        return message.Any(letter => letter != '\n' && char.IsControl(letter)) ? $"control characters in: {string.Concat(message.Select(c => char.IsControl(c) ? '?' : c))}" : null;
    }
}
