using System.Globalization;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Models;

/// <summary>
/// Makes the plan a network is mapped with: batch normalization folded into the convolutions, channels last, in the chosen arithmetic on
/// the chosen device. In single precision its logits differ from the bare network's by rounding only. For CUDA it also makes libtorch
/// choose the same algorithms in every run and compute single precision in full, for the whole process.
/// </summary>
public static class NetworkOptimizer
{
    /// <summary>An optimized copy with weights of its own; <paramref name="network"/> may be disposed afterwards.</summary>
    /// <param name="network">What <see cref="IArchitecture.Create"/> made.</param>
    /// <param name="precision">The type of weights and activations; the logits are float32 in any case.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:0</c>.</param>
    /// <exception cref="FlairException">The device is not there or cannot compute in that precision.</exception>
    public static INetwork Optimize(INetwork network, Precision precision, string device)
    {
        if (network is not Network known)
            throw new ArgumentException("only a network of ArchitectureRegistry can be optimized", nameof(network));
        Check(precision, device);
        var type = precision switch
        {
            Precision.Fp32 => TorchScalarType.Float32,
            Precision.Bf16 => TorchScalarType.BFloat16,
            Precision.Fp16 => TorchScalarType.Float16,
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "unknown precision"),
        };
        if (device != "cpu")
            LibTorch.SetReproducible(true);
        return known.Optimize(type, device);
    }

    /// <summary>Checks that a device is there and can compute in a precision, before anything is read for it.</summary>
    /// <exception cref="FlairException">It is not, or cannot.</exception>
    public static void Check(Precision precision, string device)
    {
        if (device == "cpu")
        {
            if (precision == Precision.Fp16)
                throw new FlairException("precision fp16 needs a CUDA device; on the CPU take fp32 or bf16");
            return;
        }

        if (precision == Precision.Int8)
            throw new FlairException("precision int8 is for the CPU; on CUDA take fp16, or set device: cpu");

        var index = device == "cuda" ? 0
            : device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), NumberStyles.None, null, out var number) ? number
            : -1;
        if (index < 0)
            throw new FlairException($"device '{device}' is unknown; valid: cpu, cuda, cuda:0, cuda:1 …");
        var devices = LibTorch.CudaDeviceCount;
        if (index >= devices)
        {
            var why = LibTorch.CudaProblem is { Length: > 0 } problem ? $" ({problem})" : "";
            var seen = devices == 0 ? $"no CUDA device{why}" : $"{devices} of them";
            throw new FlairException($"device '{device}' is not there: libtorch sees {seen}; take device cpu, or see ./flair doctor");
        }
    }
}
