using System.Diagnostics;
using Flair.Cli.Supervision;

namespace Flair.Cli.Tests.Supervision;

/// <summary>Runs of the program itself, whose decoder really crashes or hangs.</summary>
public sealed class SupervisorTests(FaultyDecoder here) : IClassFixture<FaultyDecoder>
{
    private const string Bad = FaultyDecoder.Bad;

    [Fact]
    public void AFileThatCrashesItsDecoderCostsItsTileAloneUntilItIsAnother()
    {
        Copy("scene", "crashing");
        Copy("scene", "without");
        foreach (var file in here.FilesOf(Bad, "without"))
            File.Delete(file);
        Assert.Equal(0, FaultyDecoder.End(here.DetectScene("without", "three", [])).Code);

        var (code, output, error) = FaultyDecoder.End(here.DetectScene("crashing", "crash", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "crash")]));
        Assert.True(code == ExitCode.SomeTilesFailed, $"{code} {output} {error}");
        Assert.Contains($"{Bad}.jp2 crashes its decoder (SIGSEGV) in the run and alone", output, StringComparison.Ordinal);
        Assert.Equal(here.Tiles("three"), here.Tiles("crash"));
        Assert.Equal("failed 1", here.Query("crash", $"select status, attempts from tiles where tile = '{Bad}' and error like '%crashes its decoder%'"));
        Assert.Equal("3", here.Query("crash", "select count(*) from tiles where status = 'done'"));

        // The next run neither meets it nor does the others again.
        (code, _, error) = FaultyDecoder.End(here.DetectScene("crashing", "crash", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "crash")], "--json"));
        Assert.Equal((ExitCode.SomeTilesFailed, ""), (code, error));

        // Another file is another chance.
        foreach (var file in here.FilesOf(Bad, "crashing"))
            File.SetLastWriteTimeUtc(file, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(0, FaultyDecoder.End(here.DetectScene("crashing", "crash", [])).Code);
        Assert.Equal(here.Tiles("undisturbed"), here.Tiles("crash"));
        Assert.Equal("done 2", here.Query("crash", $"select status, attempts from tiles where tile = '{Bad}'"));
        Assert.False(File.Exists(here.At("crash/.flair/quarantine.json")));
    }

    [Fact]
    public void AFileThatHangsItsDecoderCostsItsTileAlone()
    {
        var (code, output, error) = FaultyDecoder.End(here.Detect("hang", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "hang")], "--set", "resources.stall_minutes=0.05"));
        Assert.True(code == ExitCode.SomeTilesFailed, $"{code} {output} {error}");
        Assert.Contains($"{Bad}.jp2 hangs its decoder", output, StringComparison.Ordinal);
        Assert.Equal("3", here.Query("hang", "select count(*) from tiles where status = 'done'"));
    }

    [Fact]
    public void ACrashThatDoesNotComeAgainIsNoFilesFault()
    {
        var (code, output, error) = FaultyDecoder.End(here.Detect("once", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "abort"), ("FAULT_ONCE", here.At("once-done"))]));
        Assert.True(code == 0, $"{code} {output} {error}");
        Assert.Contains("SIGABRT", error, StringComparison.Ordinal);
        Assert.Contains("restart 1 of 3", error, StringComparison.Ordinal);
        Assert.Equal(here.Tiles("undisturbed"), here.Tiles("once"));
    }

    [Fact]
    public void AKillBlamesNoFileAndIsOverAfterTheLastRestart()
    {
        var run = here.Detect("killed", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "hang"), ("FAULT_ONCE", here.At("killed-hangs"))], "--set", "resources.restarts=0");
        Assert.True(Processes.Send(here.HangingChildOf(run, "killed-hangs"), Processes.Kill));
        var (code, _, error) = FaultyDecoder.End(run);
        Assert.Equal(ExitCode.InternalError, code);
        Assert.Contains("no input is to blame", error, StringComparison.Ordinal);
        Assert.False(File.Exists(here.At("killed/.flair/quarantine.json")));
        Assert.Equal(0, FaultyDecoder.End(here.Detect("killed", [])).Code);
        Assert.Equal(here.Tiles("undisturbed"), here.Tiles("killed"));
    }

    [Fact]
    public void TheRunEndsWithItsSupervisor()
    {
        var run = here.Detect("orphan", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "hang"), ("FAULT_ONCE", here.At("orphan-hangs"))]);
        var child = here.HangingChildOf(run, "orphan-hangs");
        Assert.True(Processes.Send(run.Id, Processes.Kill));
        Assert.True(FaultyDecoder.IsGone(child));
        run.Dispose();
        Assert.Equal(0, FaultyDecoder.End(here.Detect("orphan", [])).Code);
        Assert.Equal(here.Tiles("undisturbed"), here.Tiles("orphan"));
    }

    [Fact]
    public void ASignalToStopReachesTheRun()
    {
        var run = here.Detect("stopped", [("FAULT_FILE", $"{Bad}.jp2"), ("FAULT_DEED", "hang"), ("FAULT_ONCE", here.At("stopped-hangs"))]);
        here.HangingChildOf(run, "stopped-hangs");
        Assert.True(Processes.Send(run.Id, Processes.Terminate));
        var (code, _, error) = FaultyDecoder.End(run);
        Assert.Equal(ExitCode.Stopped, code);
        Assert.Single(error.Split('\n'), line => line.StartsWith("stopping;", StringComparison.Ordinal));
    }

    [Fact]
    public void ARunOnTheProcessorLoadsNoLibtorch()
    {
        var (code, output, error) = FaultyDecoder.End(here.Detect("light", [("LD_DEBUG", "files"), ("LD_DEBUG_OUTPUT", here.At("loaded"))]));
        Assert.True(code == 0, $"{code} {output} {error}");
        var loaded = string.Concat(Directory.GetFiles(here.At("."), "loaded.*").Select(File.ReadAllText));
        Assert.Contains("/libgdal.so", loaded, StringComparison.Ordinal);
        Assert.Contains("/libflair_onednn.so", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("/libtorch", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunLeavesNothingInTheFolderForTemporaryFiles()
    {
        var temporary = Directory.CreateDirectory(here.At("temporary")).FullName;
        var (code, output, error) = FaultyDecoder.End(here.Detect("tidy", [("TMPDIR", temporary)]));
        Assert.True(code == 0, $"{code} {output} {error}");
        Assert.Empty(Directory.GetFileSystemEntries(temporary));
    }

    private void Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", here.At(from), here.At(to)]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }
}
