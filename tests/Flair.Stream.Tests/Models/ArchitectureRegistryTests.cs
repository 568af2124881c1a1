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
    [InlineData("mit_b5_fnp", "'mit_b5_fpn'")]
    [InlineData("resnet34", "valid: {resnet18|resnet34|resnet50|resnet101|resnet152}_{unet|fpn|")]
    [InlineData("_unet", "}, {mit_b0|mit_b1|mit_b2|mit_b3|mit_b4|mit_b5}_{unet|fpn}")]
    [InlineData("mit_b2_pspnet", "'mit_b2_unet'")]
    [InlineData("vit_segmenter_huge", "valid: {resnet18|")]
    public void AnUnknownNameIsAnsweredWithAValidOne(string name, string expected)
    {
        var message = Assert.Throws<FlairException>(() => ArchitectureRegistry.Parse(name)).Message;
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }
}
