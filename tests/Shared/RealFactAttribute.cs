namespace Flair.Tests;

/// <summary>A test on IGN's own images (shared/real beside the repository, or under FLAIR_SHARED), skipped where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealFactAttribute : FactAttribute
{
    public RealFactAttribute()
    {
        if (Folder is null)
            Skip = "the real images (shared/real beside the repository, or under FLAIR_SHARED) are not here";
    }

    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        var roots = new List<string>();
        if (Environment.GetEnvironmentVariable("FLAIR_SHARED") is { Length: > 0 } set)
            roots.Add(set);
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            roots.Add(Path.Combine(directory.FullName, "shared"));
        return roots.Select(root => Path.Combine(root, "real")).FirstOrDefault(Directory.Exists);
    }
}
