using System.Diagnostics;

namespace Flair.Cli.Tests;

/// <summary>What <c>infra/</c> schedules, as systemd and a shell read it.</summary>
public sealed class InfraTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("flair-infra-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [SystemdTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Systemd_finds_nothing_wrong_with_the_units(bool gpu)
    {
        string[] units = ["flair-stream.service", "flair-stream-alert.service", "flair-stream.timer"];
        foreach (var unit in units)
            File.WriteAllText(Path.Combine(_root, unit), Infra(unit).Replace("/opt/flair/flair detect", "/bin/true detect", StringComparison.Ordinal));
        if (gpu)
        {
            Directory.CreateDirectory(Path.Combine(_root, "flair-stream.service.d"));
            File.WriteAllText(Path.Combine(_root, "flair-stream.service.d", "gpu.conf"), Infra("flair-stream-gpu.conf"));
        }

        // It tells of a key that it does not know, but ends with 0.
        var (code, text) = Start("systemd-analyze", ["verify", .. units.Select(unit => Path.Combine(_root, unit))]);
        Assert.Equal((0, ""), (code, text));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(130, false)]
    public void The_cron_line_passes_secrets_on_and_mails_what_a_person_must_know(int code, bool mails)
    {
        var program = Path.Combine(_root, "flair");
        File.WriteAllText(program, $"echo \"$1 with $KEY\"\nexit {code}\n");
        File.WriteAllText(Path.Combine(_root, "nightly.env"), "KEY='a;b=c'\n");
        var entry = Infra("flair-stream.cron").Split('\n').Single(line => line.StartsWith("0 2 * * * flair ", StringComparison.Ordinal));
        Assert.DoesNotContain('%', entry); // a line break to cron
        var command = entry["0 2 * * * flair ".Length..]
            .Replace("/opt/flair/flair ", $"sh {program} ", StringComparison.Ordinal)
            .Replace("/etc/flair", _root, StringComparison.Ordinal).Replace("/var/lib/flair", _root, StringComparison.Ordinal);

        var (ended, text) = Start("sh", ["-c", command]);
        Assert.Equal(code, ended);
        Assert.Equal(mails, text.Contains($"exit code {code}", StringComparison.Ordinal));
        Assert.Equal("detect with a;b=c\n", File.ReadAllText(Path.Combine(_root, "cron.log")));
    }

    private static string Infra(string name) => File.ReadAllText(Path.Combine(Repository.Root, "infra", name));

    private static (int Code, string Text) Start(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var text = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Result + text);
    }
}

/// <summary>A test that needs systemd's tools, skipped where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SystemdTheoryAttribute : TheoryAttribute
{
    public SystemdTheoryAttribute()
    {
        if (!File.Exists("/usr/bin/systemd-analyze"))
            Skip = "systemd-analyze is not here";
    }
}
