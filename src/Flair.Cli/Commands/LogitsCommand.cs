using System.CommandLine;
using Flair.Checkpoints;
using Flair.Models;
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

    public static Command Create(CommandContext context)
    {
        var model = new Option<string>("--model", "-m") { HelpName = "NAME", Required = true, Description = "The architecture, such as resnet34_unet." };
        var weights = new Option<string>("--weights", "-w") { HelpName = "FILE", Required = true, Description = "A .pth, .ckpt or .safetensors file, or 'formula'." };
        var input = new Option<string>("--input", "-i") { HelpName = "X.NPY", Required = true, Description = "A float32 array [n, channels, height, width], normalized." };
        var output = new Option<string>("--output", "-o") { HelpName = "Y.NPY", Required = true, Description = "Takes the logits, float32 [n, classes, height, width]." };
        var classes = new Option<int>("--classes") { HelpName = "N", Description = "Logits of formula weights; a checkpoint's head says its own.", DefaultValueFactory = _ => 19 };
        var threads = new Option<int>("--threads") { HelpName = "N", Description = "Threads; 0: all cores." };
        var command = new Command("logits", "Run the bare network in fp32 on the CPU on a NumPy array, to compare it with PyTorch.") { model, weights, input, output, classes, threads };
        HelpWithExamples.Add(command, Examples);
        command.SetAction(parsed =>
        {
            var (architecture, encoder) = ArchitectureRegistry.Parse(parsed.GetValue(model)!);
            var path = parsed.GetValue(input)!;
            var (values, shape) = NpyFile.ReadFloat32(path);
            Verify(shape, path, architecture.SizeMultiple);
            if (parsed.GetValue(threads) is var count and > 0)
                LibTorch.Threads = count;

            using var network = Load(architecture, encoder, parsed.GetValue(weights)!, shape[1], parsed.GetValue(classes));
            using var tensor = Tensor.From<float>(values, [.. shape.Select(s => (long)s)]);
            using var logits = network.Forward(tensor);
            var target = parsed.GetValue(output)!;
            NpyFile.Write(target, logits.ToArray<float>(), [.. logits.Shape.Select(s => (int)s)]);
            context.Out.WriteLine($"{target}: float32 [{string.Join(", ", logits.Shape)}]");
            return ExitCode.Done;
        });
        return command;
    }

    private static void Verify(int[] shape, string path, int multiple)
    {
        if (shape is not [> 0, > 0, > 0 and var height, > 0 and var width])
            throw new FlairException($"{path}: its shape is [{string.Join(", ", shape)}]; the network takes [n, channels, height, width]");
        if (height < multiple || width < multiple || height % multiple != 0 || width % multiple != 0)
            throw new FlairException($"{path}: height {height} and width {width} must be multiples of {multiple}");
    }

    private static INetwork Load(IArchitecture architecture, string encoder, string weights, int channels, int classes)
    {
        if (weights != Formula)
        {
            var stored = CheckpointReader.Read(weights);
            return architecture.Create(encoder, channels, ClassesOf(stored, architecture.Describe(encoder, channels, 1)[^1].Name, weights), stored);
        }

        if (classes < 1)
            throw new FlairException($"--classes must be 1 or more, not {classes}");
        var specs = architecture.Describe(encoder, channels, classes).Select(s => (s.Name, s.Shape));
        return architecture.Create(encoder, channels, classes, FormulaWeights.Create(specs));
    }

    // The last entry of every state dict is the head's bias, one value a class.
    private static int ClassesOf(StateDict stored, string headBias, string weights) =>
        stored.TryGet(headBias, out var bias) && bias.Shape is [var classes and > 0 and < 1000]
            ? (int)classes
            : throw new FlairException($"{weights}: has no tensor '{headBias}', so it is of another model");
}
