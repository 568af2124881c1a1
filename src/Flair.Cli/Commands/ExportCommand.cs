using System.CommandLine;
using Flair.Checkpoints;

namespace Flair.Cli.Commands;

/// <summary><c>flair export</c>.</summary>
internal static class ExportCommand
{
    private const string Examples =
        """
        Examples:
          flair export --weights runs/toy/checkpoints/last.ckpt --output toy.safetensors --dtype bfloat16
          flair export --weights toy.safetensors --output toy.pth --flair-names   # for FLAIR-1's own programs
        """;

    public static Command Create(CommandContext context)
    {
        var weights = new Option<string>("--weights", "-w") { HelpName = "FILE", Required = true, Description = "Any checkpoint: .ckpt, .pth or .safetensors." };
        var output = new Option<string>("--output", "-o") { HelpName = "FILE", Required = true, Description = "A .safetensors or .pth file; replaced where it is there." };
        var dtype = new Option<string>("--dtype") { HelpName = "TYPE", Description = "float32, bfloat16 or float16 for all floating-point tensors, rounded to the nearest; without it each keeps its own." };
        var keep = new Option<bool>("--keep-names") { Description = "Keep the file's names and all its tensors." };
        var flair = new Option<bool>("--flair-names") { Description = "FLAIR-1's names, model.seg_model.…, instead of the network's own." };
        var command = new Command("export", "Write a checkpoint's weights alone, in another format or precision.") { weights, output, dtype, keep, flair };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(parsed =>
        {
            var type = parsed.GetValue(dtype) switch
            {
                null => (ScalarType?)null,
                "float32" => ScalarType.Float32,
                "bfloat16" => ScalarType.BFloat16,
                "float16" => ScalarType.Float16,
                var other => throw new FlairException($"--dtype must be float32, bfloat16 or float16, not '{other}'"),
            };
            if (parsed.GetValue(keep) && parsed.GetValue(flair))
                throw new FlairException("--keep-names and --flair-names exclude each other; give one of them");
            var names = parsed.GetValue(keep) ? ExportNames.Stored : parsed.GetValue(flair) ? ExportNames.Flair : ExportNames.Network;
            var file = parsed.GetValue(output)!;
            var written = WeightsExport.Run(parsed.GetValue(weights)!, file, type, names);
            context.Out.WriteLine($"{file}: {written.Tensors} tensors, {Units.Count(written.Values)} values{(type is { } exact ? $", {exact.TorchName()}" : "")}, {Units.Bytes(written.Bytes)}");
            return ExitCode.Done;
        });
        return command;
    }
}
