namespace Flair.Settings;

/// <summary>What the command line changes of a settings file. Paths in it are relative to the working directory.</summary>
public sealed record SettingsOverrides
{
    /// <summary>Nothing is changed.</summary>
    public static SettingsOverrides None { get; } = new();

    /// <summary>
    /// <c>--input</c>: paths for a single product; or one directory under which the relative paths of all products are looked up; or
    /// <c>NAME=PATH</c> for the product of that name (<c>NAME.surface=PATH</c> and <c>NAME.terrain=PATH</c> for a height).
    /// </summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary><c>--output</c>: the directory that takes the result.</summary>
    public string? Output { get; init; }

    /// <summary><c>--weights</c>: a checkpoint, or <c>formula</c>.</summary>
    public string? Weights { get; init; }

    /// <summary><c>--model</c>: the architecture, as <c>resnet34_unet</c>.</summary>
    public string? Model { get; init; }

    /// <summary><c>--precision</c>: fp32, bf16 or fp16.</summary>
    public string? Precision { get; init; }

    /// <summary><c>--device</c>: auto, cpu, cuda or cuda:0.</summary>
    public string? Device { get; init; }

    /// <summary><c>--set KEY.PATH=VALUE</c>: any key of the file, the value in YAML; an item of a list by its number from 0 or its <c>name</c>.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];
}
