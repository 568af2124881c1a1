using System.Diagnostics;
using System.Text.RegularExpressions;
using Flair.Storage.Tests.Faults;
using Flair.Tests.Models;
using Xunit.Abstractions;

namespace Flair.Tests.Simulation;

/// <summary>Nights from seeds; others, and any number: scripts/simulate.</summary>
[Collection(LibTorchCollection.Name)]
public sealed partial class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 200;
    private const int Shards = 2;

    [AzuriteFact]
    public async Task Whatever_goes_wrong_at_night_the_map_is_the_same_in_the_morning()
    {
        const int each = Seeds / Shards;
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => PlayAsync($"{1 + (shard * each)}", $"{each}")));

        Assert.All(shards, shard => Assert.True(shard.ExitCode == 0, shard.Text));
        var sums = shards.Select(shard => Sum().Match(shard.Text)).ToList();
        foreach (var sum in sums)
            output.WriteLine(sum.Value);
        Assert.True(sums.Sum(sum => int.Parse(sum.Groups["faults"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)) > 5 * Seeds, sums[0].Value);
        Assert.True(sums.Sum(sum => int.Parse(sum.Groups["kills"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)) > Seeds / 4, sums[0].Value);
    }

    [AzuriteFact]
    public async Task A_seed_gives_the_same_faults_in_another_process()
    {
        var twice = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => PlayAsync("1001", "12", SimulationProgram.InFull)));

        var (first, second) = (Nights(twice[0]), Nights(twice[1]));
        Assert.Contains("killed", first, StringComparison.Ordinal);
        Assert.Equal(first, second);

        static string Nights((int ExitCode, string Text) played) => played.ExitCode == 0 ? Sum().Replace(played.Text, "") : throw new InvalidOperationException(played.Text);
    }

    [GeneratedRegex(@"\d+ seeds from \d+: \d+ failed, (?<faults>\d+) faults, (?<kills>\d+) kills, .*")]
    private static partial Regex Sum();

    private static async Task<(int ExitCode, string Text)> PlayAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SimulationProgram).Assembly.Location, SimulationProgram.Command, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(texts));
    }
}
