using System.Globalization;
using Xunit.Abstractions;

namespace Flair.Tests.Fuzzing;

/// <summary>
/// Thousands of damaged files: each ends in a result or in words, within seconds, in bounded memory, and leaves nothing behind.
/// <c>FLAIR_FUZZ=20000</c> runs that many a reader, <c>FLAIR_FUZZ_SEED</c> begins with another seed; CONTRIBUTING.md tells how.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int UsualCases = 400;

    /// <summary>Libraries take longer, above all to begin with.</summary>
    private const int NativeShare = 4;

    private static int Cases { get; } = Number("FLAIR_FUZZ", UsualCases);

    private static int FirstSeed { get; } = Number("FLAIR_FUZZ_SEED", 0);

    public static TheoryData<string> Ours => [.. FuzzTargets.All.Where(target => !target.IsNative).Select(target => target.Name)];

    public static TheoryData<string> Native => [.. FuzzTargets.All.Where(target => target is { IsNative: true, KnownFault: null }).Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Ours))]
    public void A_damaged_file_ends_in_a_result_or_in_words(string name)
    {
        var target = FuzzTargets.Named(name);
        var root = Directory.CreateTempSubdirectory("flair-fuzz-").FullName;
        try
        {
            var directory = Directory.CreateDirectory(Path.Combine(root, "in")).FullName;
            target.Prepare(directory);
            Check(name, [.. Enumerable.Range(FirstSeed, Cases).Select(seed => FuzzCase.Run(target, seed, directory))]);
            Assert.Equal(["in"], Directory.GetFileSystemEntries(root).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Native))]
    public void A_damaged_file_that_libraries_decode_ends_in_a_result_or_in_words(string name)
    {
        var root = Directory.CreateTempSubdirectory("flair-fuzz-").FullName;
        try
        {
            var cases = FuzzProcess.Run(name, FirstSeed, Math.Max(1, Cases / NativeShare), Directory.CreateDirectory(Path.Combine(root, "in")).FullName);
            output.WriteLine($"{name}: largest resident set {cases.Max(each => each.Resident) >> 20} MiB");
            Check(name, [.. cases.Select(each => each.Case)]);
            Assert.Equal(["in"], Directory.GetFileSystemEntries(root).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private void Check(string name, IReadOnlyList<FuzzCase> cases)
    {
        var refused = cases.Count(each => each.Refused);
        output.WriteLine($"{name}: {cases.Count} damaged, {refused} refused, slowest {cases.Max(each => each.Milliseconds):F0} ms, most memory {cases.Max(each => each.Allocated) / 1048576.0:F1} MiB");
        var faults = cases.Where(each => each.Fault is not null).Select(each => $"{name}, seed {each.Seed}: {each.Fault}").ToList();
        Assert.True(faults.Count == 0, $"{faults.Count} of {cases.Count}:\n{string.Join("\n", faults.Take(10))}");

        // The damage must reach what it is for: some files are still whole enough, others are not.
        Assert.True(FuzzTargets.Named(name).IsTolerant || refused > cases.Count / 50, $"only {refused} of {cases.Count} were refused");
        Assert.True(refused < cases.Count, "all were refused");
    }

    private static int Number(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : usual;
}
