using Flair.Calibrating;
using Flair.Inference;
using Flair.Models;
using Flair.Nomenclatures;
using Flair.OneDnn;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Inference;

public sealed class PrecisionChoiceTests
{
    private static readonly LoadedModel s_fused = ModelOf("resnet18_unet");

    private static readonly LoadedModel s_other = ModelOf("resnet18_linknet");

    public static TheoryData<string> Names => [.. ArchitectureRegistry.Names];

    [Fact]
    public void Auto_on_the_CPU_is_bfloat16_where_the_processor_has_it_and_the_network_is_fused()
    {
        foreach (var model in new[] { s_fused, s_other, ModelOf("resnet18_fpn"), ModelOf("resnet18_pan") })
            Assert.Equal(OneDnnLibrary.HasBFloat16 ? Precision.Bf16 : Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", model, calibration: null));
        // Fused, but never compared with trained weights.
        Assert.Equal(Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", ModelOf("mit_b0_unet"), CalibrationOf(1)));
    }

    [OneDnnFact(MapType.UInt8)]
    public void Auto_on_a_CPU_with_VNNI_is_int8_where_a_calibration_says_that_it_keeps_the_map()
    {
        Assert.Equal(OneDnnLibrary.HasVnni ? Precision.Int8 : Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", s_fused, CalibrationOf(Calibration.LeastAgreement)));
        Assert.NotEqual(Precision.Int8, PrecisionChoice.Resolve(Precision.Auto, "cpu", s_fused, CalibrationOf(Calibration.LeastAgreement - 1e-6)));
        Assert.Equal(OneDnnLibrary.HasVnni ? Precision.Int8 : Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", s_other, CalibrationOf(1)));
        Assert.Equal(Precision.Fp32, PrecisionChoice.Resolve(Precision.Auto, "cpu", ModelOf("mit_b0_unet"), CalibrationOf(1)));
        // Who asks for it has it all the same.
        Assert.Equal(Precision.Int8, PrecisionChoice.Resolve(Precision.Int8, "cpu", s_fused, CalibrationOf(0.5)));
    }

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    public void What_is_asked_for_stays(Precision asked)
    {
        foreach (var model in new[] { s_fused, s_other })
        {
            // libtorch, which is asked where oneDNN is not there, computes it on any.
            if (asked == Precision.Bf16 && OneDnnLibrary.IsAvailable && !OneDnnLibrary.HasBFloat16)
                AssertRefused(asked, "cpu", model, "this processor does not multiply bfloat16");
            else
                Assert.Equal(asked, PrecisionChoice.Resolve(asked, "cpu", model, CalibrationOf(1)));
        }
    }

    [Fact]
    public void What_cannot_be_had_is_refused()
    {
        AssertRefused(Precision.Fp16, "cpu", s_fused, "take fp32 or bf16");
        AssertRefused(Precision.Auto, "tpu", s_other, "device 'tpu' is unknown");
        AssertRefused(Precision.Int8, "cpu", ModelOf("mit_b0_unet"), "mit_b0_unet cannot be computed in it");
    }

    [OneDnnFact(MapType.UInt8)]
    public void Int8_without_a_calibration_is_refused() => AssertRefused(Precision.Int8, "cpu", s_fused, "run ./flair calibrate");

    [Fact]
    public void Auto_on_CUDA_is_half_precision_and_a_device_that_is_not_there_is_refused()
    {
        var devices = LibTorch.CudaDeviceCount;
        if (devices > 0)
            Assert.Equal(Precision.Fp16, PrecisionChoice.Resolve(Precision.Auto, "cuda", s_fused, CalibrationOf(1)));
        AssertRefused(Precision.Auto, $"cuda:{devices}", s_fused, $"device 'cuda:{devices}' is not there");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_network_can_be_fused(string name)
    {
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        Assert.True(architecture.CanBeFused(encoder, 3, 19));
    }

    [OneDnnFact]
    public void Fused_programs_are_for_the_CPU()
    {
        Assert.True(PrecisionChoice.IsFused(s_fused, "cpu"));
        Assert.False(PrecisionChoice.IsFused(s_fused, "cuda"));
        Assert.True(PrecisionChoice.IsFused(s_other, "cpu"));
        Assert.False(PrecisionChoice.IsFused(s_other, "cuda"));
        Assert.Equal(OneDnnLibrary.HasInt8, PrecisionChoice.IsFused(ModelOf("mit_b0_unet"), "cpu"));
    }

    [OneDnnFact(MapType.UInt8)]
    public void A_transformer_takes_three_channels() =>
        Assert.Contains(
            "mit_b0_unet takes 3 channels, not 5",
            Assert.Throws<FlairException>(() => PrecisionChoice.IsFused(ModelOf("mit_b0_unet") with { Channels = 5 }, "cpu")).Message,
            StringComparison.Ordinal);

    private static void AssertRefused(Precision asked, string device, LoadedModel model, string says) =>
        Assert.Contains(says, Assert.Throws<FlairException>(() => PrecisionChoice.Resolve(asked, device, model, calibration: null)).Message, StringComparison.Ordinal);

    /// <summary>A model whose weights nobody looks at.</summary>
    private static LoadedModel ModelOf(string architecture) => new()
    {
        Architecture = architecture,
        Channels = 3,
        Nomenclature = Nomenclature.Load("flair-13"),
        Weights = [],
        WeightsAreFormula = true,
        Fingerprint = "none",
    };

    private static Calibration CalibrationOf(double agreement) =>
        new() { Model = "none", Agreement = agreement, Windows = 1, CheckedWindows = 1, Wide = [], Largest = new Dictionary<string, float[]>() };
}
