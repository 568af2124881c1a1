using Flair.Inference;
using Flair.Models;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Inference;

public sealed class PrecisionChoiceTests
{
    public static TheoryData<string> Names => [.. ArchitectureRegistry.Names];

    [Fact]
    public void Auto_on_the_CPU_is_bfloat16_where_the_processor_has_it_and_the_network_is_fused()
    {
        Assert.Equal(OneDnnLibrary.HasBFloat16 ? Precision.Bf16 : Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", fused: true));
        Assert.Equal(Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", fused: false));
    }

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    public void What_is_asked_for_stays(Precision asked)
    {
        Assert.Equal(asked, PrecisionChoice.Resolve(asked, "cpu", fused: true));
        Assert.Equal(asked, PrecisionChoice.Resolve(asked, "cpu", fused: false));
    }

    [Fact]
    public void What_cannot_be_had_is_refused()
    {
        Assert.Contains("take fp32 or bf16", Assert.Throws<FlairException>(() => PrecisionChoice.Resolve(Precision.Fp16, "cpu", fused: true)).Message, StringComparison.Ordinal);
        Assert.Contains("device 'tpu' is unknown", Assert.Throws<FlairException>(() => PrecisionChoice.Resolve(Precision.Auto, "tpu", fused: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_on_CUDA_is_half_precision_and_a_device_that_is_not_there_is_refused()
    {
        var devices = LibTorch.CudaDeviceCount;
        if (devices > 0)
            Assert.Equal(Precision.Fp16, PrecisionChoice.Resolve(Precision.Auto, "cuda", fused: false));
        Assert.Throws<FlairException>(() => PrecisionChoice.Resolve(Precision.Auto, $"cuda:{devices}", fused: false));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Networks_of_convolutions_alone_can_be_fused(string name)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        Assert.Equal(
            encoder.StartsWith("resnet", StringComparison.Ordinal) && architecture.Decoder is ("unet" or "unetplusplus"),
            architecture.CanBeFused(encoder, 3, 19));
    }

    [OneDnnFact]
    public void Fused_programs_are_for_the_CPU()
    {
        var model = ModelLoader.Load(new() { Architecture = "resnet18_unet", Weights = "formula", Classes = "flair-13" }, 3);

        Assert.True(PrecisionChoice.IsFused("resnet18_unet", model, "cpu"));
        Assert.False(PrecisionChoice.IsFused("resnet18_unet", model, "cuda"));
        Assert.False(PrecisionChoice.IsFused("resnet18_fpn", model, "cpu"));
        Assert.False(PrecisionChoice.IsFused("mit_b0_unet", model, "cpu"));
    }
}
