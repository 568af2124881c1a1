using Flair.Settings;

namespace Flair.Tests.Settings;

/// <summary>A directory with a weights file, and the shortest files of each kind.</summary>
public sealed class SettingsTestFiles : IDisposable
{
    public const string Pipeline = """
        input: image.tif
        bands: [1, 2, 3]
        model: { architecture: resnet18_unet, weights: formula }
        normalization: { type: scaling }
        output: out
        """;

    public string Root { get; } = Directory.CreateTempSubdirectory("flair-settings-").FullName;

    public string Weights => At("weights.pth");

    public SettingsTestFiles() => File.WriteAllText(Weights, "not read here");

    public string At(string path) => Path.Combine(Root, path);

    public RunSettings Parse(string yaml, SettingsOverrides? overrides = null) => SettingsFile.Parse(yaml, "p.yaml", Root, overrides ?? SettingsOverrides.None);

    public string ErrorOf(string yaml, SettingsOverrides? overrides = null) => Assert.Throws<FlairException>(() => Parse(yaml, overrides)).Message;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
