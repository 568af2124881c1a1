namespace Flair.Tests;

/// <summary>The checkout that the tests were built in.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Flair.Stream.sln")))
            directory = directory.Parent;
        return directory.FullName;
    }
}
