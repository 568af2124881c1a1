using Flair.Batching;
using Flair.Checkpoints;
using Flair.Evaluation;
using Flair.Models;
using Flair.Patches;
using Flair.Source;
using Flair.Tests.Models;
using Flair.Torch;
using Flair.Training;
using PatchFolder = Flair.Tests.Evaluation.PatchFolder;

namespace Flair.Tests.Training;

/// <summary>Predictions of a job with weights from a file, against the bare network.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class TrainingJobTests
{
    private const string Metadata = """{ "patch_centroid_x": 1, "patch_centroid_y": 2, "patch_centroid_z": 3, "date": "2019-07-14", "time": "9h05", "camera": "UCE" }""";

    private readonly PatchFolder _patches = new();

    [Theory]
    [InlineData("resnet18_unet", 96, false)]
    [InlineData("resnet18_linknet", 96, false)]
    [InlineData("resnet18_unet", 512, true)]
    public void Predicts_what_the_network_finds(string name, int size, bool metadata)
    {
        _patches.Add(1, size, size);
        var (architecture, encoder) = ArchitectureRegistry.Parse(name);
        var weights = FormulaWeights.Create(architecture.Describe(encoder, 3, 3, metadata).Select(spec => (spec.Name, spec.Shape)));
        var settings = _patches.Settings() with
        {
            Tasks = new() { Predict = true },
            Architecture = name,
            Normalization = new() { Means = [105.08, 110.87, 101.82], Stds = [52.17, 45.38, 44] },
            Checkpoint = Path.Combine(_patches.Folder, "weights.pth"),
            UseMetadata = metadata,
            MetadataFile = Path.Combine(_patches.Folder, "metadata.json"),
        };
        TorchCheckpointWriter.WriteStateDict(settings.Checkpoint, StateDictNames.ForFlair(weights));
        File.WriteAllText(settings.MetadataFile, $$"""{ "IMG_000001": {{Metadata}} }""");

        TrainingJob.Run(settings, new Silent(), CancellationToken.None);

        var values = new float[3 * size * size];
        new Normalizer(settings.Normalization, 3, SampleType.UInt8, 255).Normalize(PatchFolder.Pixels(1, size, size), values);
        using var network = architecture.Create(encoder, 3, 3, weights, metadata);
        using var input = Tensor.From<float>(values, 1, 3, size, size);
        using var encoded = metadata ? Tensor.From<float>(AerialMetadata.Read(settings.MetadataFile, PatchList.Read(settings.TestCsv!))[0], 1, AerialMetadata.Length) : null;
        using var logits = network.Forward(input, encoded);
        using var best = logits.ArgMax(1);
        var expected = best.ToArray<long>();
        var predicted = PatchReader.ReadMask(Path.Combine(PredictionFiles.Directory(settings), "PRED_" + PatchFolder.Name(1))).Values;
        Assert.InRange(predicted.Zip(expected).Count(pair => pair.First == pair.Second), expected.Length * 0.999, expected.Length);
        Assert.True(expected.Distinct().Count() > 1, "one class alone would prove little");
    }

    private sealed class Silent : ITrainingObserver
    {
        public void Started(TrainingStart start)
        {
        }

        public void Stepped(TrainingStep step)
        {
        }

        public void EpochEnded(EpochEnd end)
        {
        }

        public void Trained(TrainingResult result)
        {
        }

        public void Progressed(string what, int done, int total)
        {
        }

        public void Notice(string text)
        {
        }
    }
}
