using System.CommandLine;
using Flair.Measuring;
using Flair.Settings;

namespace Flair.Cli.Commands;

/// <summary><c>flair bench device</c>.</summary>
internal static class BenchDeviceCommand
{
    private const string Examples =
        """
        Examples:
          flair bench device --device cuda --batch 16
          flair bench device --device cpu --precision fp32 --model resnet18_unet --seconds 5
        """;

    public static Command Create(CommandContext context)
    {
        var model = new Option<string>("--model", "-m") { HelpName = "NAME", Description = "The architecture.", DefaultValueFactory = _ => "resnet34_unet" };
        var weights = new Option<string>("--weights", "-w") { HelpName = "FILE", Description = "A .pth, .ckpt or .safetensors file, or 'formula'.", DefaultValueFactory = _ => "formula" };
        var classes = new Option<string>("--classes") { HelpName = "NAME", Description = "The classes, as model.classes in a pipeline file.", DefaultValueFactory = _ => "flair-19" };
        var channels = Number("--channels", 5, 1, 64, "Channels of a window, a byte a value.");
        var size = Number("--size", 512, 32, 4096, "Rows and columns of a window.");
        var margin = Number("--margin", 128, 0, 2047, "Pixels at a window's border that its neighbours see too.");
        var batch = Number("--batch", 4, 1, 1024, "Windows that go through the network together.");
        var precision = new Option<Precision>("--precision") { HelpName = "P", Description = "auto, fp32, bf16 or fp16.", DefaultValueFactory = _ => Precision.Auto };
        var device = new Option<string>("--device") { HelpName = "NAME", Description = "auto, cpu, cuda (every GPU) or cuda:N.", DefaultValueFactory = _ => "auto" };
        var seconds = Number("--seconds", 10, 1, 600, "How long each part is measured.");
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command("device", "Measure a network and its stitching on a device with made-up windows: no imagery, no GDAL. bench/gpu compares it with PyTorch.")
        {
            model, weights, classes, channels, size, margin, batch, precision, device, seconds, json,
        };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(async (parsed, _) =>
        {
            var figures = await DeviceMeasurement.RunAsync(new()
            {
                Model = new() { Architecture = parsed.GetValue(model)!, Weights = parsed.GetValue(weights)!, Classes = parsed.GetValue(classes)! },
                Channels = parsed.GetValue(channels),
                Window = new() { Size = parsed.GetValue(size), Margin = parsed.GetValue(margin) },
                BatchSize = parsed.GetValue(batch),
                Precision = parsed.GetValue(precision),
                Device = parsed.GetValue(device)!,
                AtLeast = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            });
            if (parsed.GetValue(json))
            {
                context.WriteJson(figures);
                return ExitCode.Done;
            }

            context.Out.WriteLine($"device     {figures.Device}, {figures.Precision}, {Units.Counted(figures.Workers, "worker")}, {Units.Counted(figures.BatchSize, "window")} at once");
            context.Out.WriteLine($"network    {figures.Network.WindowsPerSecond,8:0.00} windows/s");
            context.Out.WriteLine($"and stitch {figures.Map.WindowsPerSecond,8:0.00} windows/s");
            context.Out.WriteLine($"agreement  {figures.Agreement,8:P2} of pixels have the class that the CPU gives them in fp32, of windows of noise");
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<int> Number(string name, int value, int least, int most, string description)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var given && (given < least || given > most))
                result.AddError($"{name} takes {least} to {most}");
        });
        return option;
    }
}
