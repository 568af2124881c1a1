namespace Flair.Tests.Settings;

/// <summary>Files that a slip of the hand or a bad disk has changed: settings or one clear error, nothing else.</summary>
public sealed class SettingsMutationTests : IDisposable
{
    private const string Alphabet = "\0\t\n :-,[]{}#&*!|>'\"%@`?~aZ09.é\\";

    private readonly SettingsTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("bdortho-rvbie.yaml")]
    [InlineData("flair-1-config-detect.yaml")]
    public void AChangedFileIsReadOrRefused(string file)
    {
        CheckMutations(file, @"^(p\.yaml(:\d+:\d+)?|--weights formula): \S", yaml => _files.Parse(yaml, new() { Weights = "formula" }));
    }

    [Fact]
    public void AChangedTrainingIsReadOrRefused()
    {
        using var files = new TrainingTestFiles();
        string[] sets = [.. files.Sets.Where(set => set.Contains("csv", StringComparison.Ordinal))];
        CheckMutations("flair-1-config.yaml", @"^(t\.yaml(:\d+:\d+)?|--set paths.*): \S", yaml => TrainingTestFiles.Parse(yaml, sets));
    }

    private static void CheckMutations(string file, string error, Action<string> read)
    {
        var yaml = File.ReadAllText(Path.Combine(Repository.Root, "pipelines", file));
        var random = new Random(1);
        var (done, refused) = (0, 0);
        for (var i = 0; i < 600; i++)
        {
            var text = yaml.ToCharArray().ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(text.Count);
                switch (random.Next(3))
                {
                    case 0:
                        text.RemoveRange(at, Math.Min(random.Next(1, 40), text.Count - at));
                        break;
                    case 1:
                        text.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                        break;
                    default:
                        text[at] = Alphabet[random.Next(Alphabet.Length)];
                        break;
                }
            }

            try
            {
                read(new string([.. text]));
                done++;
            }
            catch (FlairException e)
            {
                Assert.All(e.Message.Split('\n'), line => Assert.Matches(error, line));
                refused++;
            }
        }

        Assert.True(done > 20 && refused > 20, $"{done} read, {refused} refused");
    }

    [Theory]
    [InlineData("output: \"a\\0b\"", "p.yaml:5:9: 'output' must be text, not the text 'a�b'")]
    [InlineData("output: [a]", "p.yaml:5:9: 'output' must be text, not a list")]
    public void PathsAreText(string output, string error) => Assert.Equal(error, _files.ErrorOf(SettingsTestFiles.Pipeline.Replace("output: out", output, StringComparison.Ordinal)));
}
