using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Flair.Indexing;

namespace Flair.Cli.Tests.Supervision;

/// <summary>
/// A toy scene of four tiles, an undisturbed map of it, and the program itself, started as users do, with C's <c>fread</c> replaced by one that crashes or hangs at
/// files that a test chooses.
/// </summary>
public sealed class FaultyDecoder : IDisposable
{
    /// <summary>The tile whose files are chosen.</summary>
    public const string Bad = "33-2024-04100512-64250000-LA93-0M20-E080";

    public FaultyDecoder()
    {
        Library = At("fault.so");
        Finish(Process.Start(new ProcessStartInfo("g++", ["-shared", "-fPIC", "-o", Library, Path.Combine(Repository.Root, "tests/Flair.Cli.Tests/Supervision/Data/fault.cpp"), "-ldl"]))!);
        Finish(Start(["toy", At("scene"), "--tiles", "2x2", "--size", "256", "--seed", "3", "--no-patches"], []));
        Finish(Detect("undisturbed", []));
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("flair-faulty-").FullName;

    private string Library { get; }

    public string At(string name) => Path.Combine(Root, name);

    public IReadOnlyList<string> FilesOf(string tile, string scene = "scene") => Directory.GetFiles(At(scene), tile + ".jp2", SearchOption.AllDirectories);

    /// <summary>Starts <c>flair detect</c>.</summary>
    /// <param name="output">Name of the output directory.</param>
    /// <param name="faults">The library's variables.</param>
    /// <param name="arguments">More arguments.</param>
    public Process Detect(string output, (string Name, string Value)[] faults, params string[] arguments) => DetectScene("scene", output, faults, arguments);

    public Process DetectScene(string scene, string output, (string Name, string Value)[] faults, params string[] arguments) => Start(
        ["detect", "--pipeline", Path.Combine(Repository.Root, "pipelines/demo.yaml"), "--input", At(scene), "--output", At(output), "--quiet",
            "--set", "window.size=128", "--set", "window.margin=32", "--precision", "fp32", .. arguments],
        faults);

    /// <summary>Waits for the end; reads what was written.</summary>
    public static (int Code, string Out, string Error) End(Process process)
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            process.WaitForExit();
            return (process.ExitCode, output.Result, error.Result);
        }
    }

    /// <summary>Name and digest of each tile's rasters, but those of <paramref name="without"/>.</summary>
    public string Tiles(string output, string without = "none") => string.Join('\n', Directory.GetFiles(At(output), "*.tif", SearchOption.AllDirectories)
        .Where(file => !file.Contains(without, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetFileName(file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"));

    /// <summary>A query's rows as text.</summary>
    public string Query(string output, string sql)
    {
        using var index = new IndexInspector(At(output));
        using var found = index.Query(sql);
        return string.Join('\n', found.Rows().Select(row => string.Join(' ', row)));
    }

    /// <summary>The child of a process; waits until it has done what <c>FAULT_ONCE</c> notes: it hangs in a read.</summary>
    public int HangingChildOf(Process process, string once)
    {
        for (var deadline = Stopwatch.StartNew(); deadline.Elapsed < TimeSpan.FromMinutes(2) && !process.HasExited; Thread.Sleep(20))
        {
            if (File.Exists(At(once)))
                return int.Parse(File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Trim());
        }

        throw new InvalidOperationException(process.HasExited ? $"it ended: {End(process)}" : "no child hangs");
    }

    /// <summary>Waits until a process is gone, up to half a minute.</summary>
    public static bool IsGone(int process)
    {
        for (var deadline = Stopwatch.StartNew(); deadline.Elapsed < TimeSpan.FromSeconds(30); Thread.Sleep(20))
        {
            try
            {
                if (File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal))
                    return true;
            }
            catch (IOException)
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private Process Start(string[] arguments, (string Name, string Value)[] faults)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "flair.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in faults)
            start.Environment[name] = value;
        if (faults.Length > 0)
            start.Environment["LD_PRELOAD"] = Library;
        return Process.Start(start) ?? throw new Win32Exception("dotnet");
    }

    private static void Finish(Process process)
    {
        var (code, output, error) = process.StartInfo.RedirectStandardOutput ? End(process) : Wait(process);
        if (code != 0)
            throw new InvalidOperationException(new StringBuilder(output).Append(error).ToString());
    }

    private static (int Code, string Out, string Error) Wait(Process process)
    {
        process.WaitForExit();
        return (process.ExitCode, "", "");
    }
}
