using Flair.Models;

namespace Flair.Tests.Models;

public sealed class ArchitectureRegistryTests
{
    [Fact]
    public void EveryNameParsesToItsOwnArchitecture()
    {
        Assert.Contains("resnet152_unet", ArchitectureRegistry.Names);
        foreach (var name in ArchitectureRegistry.Names)
        {
            var (architecture, encoder) = ArchitectureRegistry.Parse(name);
            Assert.Equal(name, $"{encoder}_{architecture.Decoder}");
            Assert.NotEmpty(architecture.Describe(encoder, 5, 19));
        }
    }

    [Theory]
    [InlineData("resnet43_unet", "'resnet34_unet'")]
    [InlineData("resnet34-unet", "'resnet34_unet'")]
    [InlineData("resnet34", "resnet34_unet")]
    [InlineData("_unet", "resnet18_unet")]
    [InlineData("vit_segmenter_huge", "valid: resnet18_unet")]
    public void AnUnknownNameIsAnsweredWithAValidOne(string name, string expected)
    {
        var message = Assert.Throws<FlairException>(() => ArchitectureRegistry.Parse(name)).Message;
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }
}
