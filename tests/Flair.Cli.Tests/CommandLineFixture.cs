namespace Flair.Cli.Tests;

/// <summary>Runs the command line in this process, in a directory of its own.</summary>
public sealed class CommandLineFixture : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("flair-cli-").FullName;

    public static async Task<(int Code, string Out, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await FlairCommandLine.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    public string At(string name) => Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
