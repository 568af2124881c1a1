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
        var yaml = File.ReadAllText(Path.Combine(Repository.Root, "pipelines", file));
        var random = new Random(1);
        var (read, refused) = (0, 0);
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
                _files.Parse(new string([.. text]), new() { Weights = "formula" });
                read++;
            }
            catch (FlairException e)
            {
                Assert.All(e.Message.Split('\n'), line => Assert.Matches(@"^(p\.yaml(:\d+:\d+)?|--weights formula): \S", line));
                refused++;
            }
        }

        Assert.True(read > 20 && refused > 20, $"{read} read, {refused} refused");
    }

    [Theory]
    [InlineData("output: \"a\\0b\"", "p.yaml:5:9: 'output' must be text, not the text 'a�b'")]
    [InlineData("output: [a]", "p.yaml:5:9: 'output' must be text, not a list")]
    public void PathsAreText(string output, string error) => Assert.Equal(error, _files.ErrorOf(SettingsTestFiles.Pipeline.Replace("output: out", output, StringComparison.Ordinal)));
}
