using System.CommandLine;
using Flair.Settings;

namespace Flair.Cli.Commands;

/// <summary>The options of <c>detect</c>, <c>plan</c> and <c>bench</c> that make the settings.</summary>
internal sealed class SettingsOptions
{
    private readonly Option<string> _pipeline = new("--pipeline", "--conf", "-p")
    {
        HelpName = "FILE",
        Description = "Settings: one of pipelines/*.yaml or your own, or FLAIR-1's flair-1-config-detect.yaml (told apart by their keys).",
    };

    private readonly Option<string[]> _inputs = new("--input", "-i")
    {
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
        Description = "Rasters, directories or globs in place of the file's; with several products, one directory under which their relative paths are looked up, or NAME=PATH for one product.",
    };

    private readonly Option<string> _output = new("--output", "-o") { HelpName = "PLACE", Description = "The directory or address (az://container/path, s3://, gs://) that takes the map, the index and the run's record." };

    private readonly Option<string> _weights = new("--weights", "-w") { HelpName = "FILE", Description = "A .pth, .ckpt or .safetensors file, or 'formula' for reproducible untrained weights." };

    private readonly Option<string> _model = new("--model", "-m") { HelpName = "NAME", Description = "The architecture, such as resnet34_unet." };

    private readonly Option<string> _precision = new("--precision") { HelpName = "NAME", Description = "auto (default: the fastest that keeps the map), fp32, bf16, int8 (CPU, calibrated models), or fp16 (CUDA)." };

    private readonly Option<string> _device = new("--device") { HelpName = "NAME", Description = "auto, cpu, cuda or cuda:N." };

    private readonly Option<string> _work = new("--work") { HelpName = "DIR", Description = "The directory for the working files of an output in object storage; else one under the directory for temporary files." };

    private readonly Option<string[]> _sets = new("--set", "-s")
    {
        HelpName = "KEY=VALUE",
        Description = "Any key of the file, such as window.size=256, bands=[1,2,3] or inputs.rvb.bands=[3,2,1]; may be repeated.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _pipeline, _inputs, _output, _weights, _model, _precision, _device, _work, _sets })
            command.Options.Add(option);
    }

    /// <summary>Reads the file and merges the options into it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">The output directory where the command line has none, whatever the file says; null for the file's.</param>
    /// <exception cref="FlairException">What is wrong, one finding a line.</exception>
    public RunSettings Read(ParseResult parsed, string? output = null)
    {
        var overrides = new SettingsOverrides
        {
            Inputs = parsed.GetValue(_inputs) ?? [],
            Output = parsed.GetValue(_output) ?? output,
            Weights = parsed.GetValue(_weights),
            Model = parsed.GetValue(_model),
            Precision = parsed.GetValue(_precision),
            Device = parsed.GetValue(_device),
            Sets = parsed.GetValue(_sets) ?? [],
        };
        var path = parsed.GetValue(_pipeline);
        if (path is null && overrides is { Inputs: [], Sets: [] })
            throw new FlairException("no settings: give --pipeline FILE (pipelines/ holds examples), or --input, --output, --model, --weights and --set bands=[…]");
        var settings = SettingsFile.Read(path, overrides);
        return parsed.GetValue(_work) is { } work ? settings with { Resources = settings.Resources with { Work = Path.GetFullPath(work) } } : settings;
    }
}
