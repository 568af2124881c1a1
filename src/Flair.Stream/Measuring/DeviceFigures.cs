using Flair.Settings;

namespace Flair.Measuring;

/// <summary>What to measure of a device.</summary>
public sealed record DeviceTask
{
    /// <summary>Architecture, weights and classes.</summary>
    public required ModelSettings Model { get; init; }

    /// <summary>Channels of a window, a byte a value; 1 or more.</summary>
    public required int Channels { get; init; }

    /// <summary>Size and overlap of the windows.</summary>
    public WindowSettings Window { get; init; } = new();

    /// <summary>Windows that go through the network together; 1 or more.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>The arithmetic of the network.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>How long each part is measured.</summary>
    public TimeSpan AtLeast { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A network and its stitching on a device, with nothing read and nothing written.</summary>
/// <param name="Device">The device, or devices, in words.</param>
/// <param name="Workers">Networks at work at once.</param>
/// <param name="Precision">The arithmetic, lower case.</param>
/// <param name="BatchSize">Windows that go through a network together.</param>
/// <param name="Network">The network alone, upload and normalization included.</param>
/// <param name="Map">The network and the stitching, from windows in host memory to classes in host memory.</param>
/// <param name="Agreement">Share of pixels, 0 to 1, whose class is that of the CPU in single precision, of windows of noise.</param>
public sealed record DeviceFigures(
    string Device, int Workers, string Precision, int BatchSize, RateFigures Network, RateFigures Map, double Agreement);

/// <summary>A rate, and when it was measured, so that a sampler of the machine can be read beside it.</summary>
/// <param name="WindowsPerSecond">Windows a second.</param>
/// <param name="From">When the measuring began, in seconds since 1970.</param>
/// <param name="To">When it ended.</param>
public sealed record RateFigures(double WindowsPerSecond, double From, double To);
