using System.CommandLine;
using Flair.Checkpoints;
using Flair.Inference;
using Flair.Models;
using Flair.Nomenclatures;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Cli.Commands;

/// <summary><c>flair logits</c>.</summary>
internal static class LogitsCommand
{
    private const string Examples =
        """
        Example, compared with PyTorch:
          python3 -c "import numpy; numpy.save('x.npy', numpy.random.rand(1, 5, 512, 512).astype('float32'))"
          flair logits --model resnet34_unet --weights model.pth --input x.npy --output y.npy
          # in Python: abs(model.eval()(torch.from_numpy(x)).detach().numpy() - numpy.load('y.npy')).max()
        """;

    private const string Formula = "formula";
    private const int DefaultClasses = 19;

    public static Command Create(CommandContext context)
    {
        var model = new Option<string>("--model", "-m") { HelpName = "NAME", Required = true, Description = "The architecture, such as resnet34_unet." };
        var weights = new Option<string>("--weights", "-w") { HelpName = "FILE", Required = true, Description = "A .pth, .ckpt or .safetensors file, or 'formula'." };
        var input = new Option<string>("--input", "-i") { HelpName = "X.NPY", Required = true, Description = "A float32 array [n, channels, height, width], normalized." };
        var output = new Option<string>("--output", "-o") { HelpName = "Y.NPY", Required = true, Description = "Takes the logits, float32 [n, classes, height, width]." };
        var classes = new Option<int>("--classes") { HelpName = "N", Description = "Logits of formula weights; a checkpoint's head says its own.", DefaultValueFactory = _ => DefaultClasses };
        var threads = new Option<int>("--threads") { HelpName = "N", Description = "Threads; 0: all cores." };
        var command = new Command("logits", "Run the bare network in fp32 on the CPU on a NumPy array, to compare it with PyTorch.") { model, weights, input, output, classes, threads };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(model)!;
            var (architecture, encoder) = ArchitectureRegistry.Parse(name);
            var path = parsed.GetValue(input)!;
            var (values, shape) = NpyFile.ReadFloat32(path);
            Verify(shape, path, architecture.Sizes);
            if (parsed.GetValue(classes) is < 1 or > Nomenclature.MaximumClasses)
                throw new FlairException($"--classes must be 1 to {Nomenclature.MaximumClasses}, not {parsed.GetValue(classes)}");
            if (parsed.GetValue(threads) is var count and > 0)
                LibTorch.Threads = count;

            var file = parsed.GetValue(weights)!;
            var logitCount = file == Formula ? parsed.GetValue(classes) : ClassesOf(file, architecture, encoder);
            var loaded = ModelLoader.Load(new ModelSettings { Architecture = name, Weights = file, Classes = $"classes-{logitCount}" }, shape[1]);
            using var network = architecture.Create(encoder, shape[1], logitCount, loaded.Weights);
            using var tensor = Tensor.From<float>(values, [.. shape.Select(s => (long)s)]);
            using var logits = network.Forward(tensor);
            var target = parsed.GetValue(output)!;
            NpyFile.Write(target, logits.ToArray<float>(), [.. logits.Shape.Select(s => (int)s)]);
            context.Out.WriteLine($"{target}: float32 [{string.Join(", ", logits.Shape)}]");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Verify(int[] shape, string path, InputSizes sizes)
    {
        if (shape is not [> 0, > 0, > 0 and var height, > 0 and var width])
            throw new FlairException($"{path}: its shape is [{string.Join(", ", shape)}]; the network takes [n, channels, height, width]");
        if (!sizes.Contains(height, width))
            throw new FlairException($"{path}: height {height} and width {width} must be {sizes}");
    }

    // The last entry of every state dict is the head's bias, one value a class. Where it is not there, the loader says what the file is.
    private static int ClassesOf(string weights, IArchitecture architecture, string encoder) =>
        CheckpointReader.Read(weights).TryGet(architecture.Describe(encoder, 1, 1)[^1].Name, out var bias) && bias.Shape is [> 0 and <= Nomenclature.MaximumClasses and var classes] ? (int)classes : DefaultClasses;
}
