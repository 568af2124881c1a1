using Flair.Checkpoints;
using Flair.Patches;
using Flair.Settings;
using Flair.Tests.Models;
using Flair.Toy;
using Flair.Training;

namespace Flair.Tests.Training;

/// <summary>Whole trainings of a small network on small patches of a small scene.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class TrainingRunTests : IClassFixture<TrainingRunTests.Patches>, IDisposable
{
    private const int StepsAnEpoch = 5;

    private readonly Patches _patches;
    private readonly string _root = Directory.CreateTempSubdirectory("flair-train-").FullName;

    public TrainingRunTests(Patches patches) => _patches = patches;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void ATrainingCutAnywhereEndsWithTheWeightsOfOneThatWasNot()
    {
        var whole = Train("whole");
        Assert.Equal(2, whole.Computed);

        // In the first epoch, at the end of the validation after it, and in the second epoch.
        foreach (var cut in (int[])[2, StepsAnEpoch - 2 + 1, 1 + 2])
            Assert.Throws<OperationCanceledException>(() => Train("cut", stopAfter: cut));
        var rest = Train("cut");
        Assert.Equal(1, rest.Computed);
        Assert.Equal(State("whole"), State("cut"));
        Assert.Equal(
            whole.History.Epochs.Select(epoch => (epoch.TrainLoss, epoch.TrainMiou, epoch.ValLoss, epoch.ValMiou)),
            rest.History.Epochs.Select(epoch => (epoch.TrainLoss, epoch.TrainMiou, epoch.ValLoss, epoch.ValMiou)));
        Assert.Equal(Path.GetFileName(whole.BestFile), Path.GetFileName(rest.BestFile));

        var again = Train("cut");
        Assert.Equal((0, rest.BestFile), (again.Computed, again.BestFile));
    }

    [Fact]
    public void TheLossFallsAndTheBestAndTheLastAreKept()
    {
        var result = Train("falls", settings => settings with { Epochs = 4 });
        var epochs = result.History.Epochs;
        Assert.Equal([0, 1, 2, 3], epochs.Select(epoch => epoch.Epoch));
        Assert.True(epochs[^1].TrainLoss < 0.8 * epochs[0].TrainLoss, $"{epochs[0].TrainLoss} to {epochs[^1].TrainLoss}");
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_root, "falls", "checkpoints")).Length);
        Assert.True(File.Exists(Path.Combine(_root, "falls", "checkpoints", "last.ckpt")));
        var best = TrainingCheckpointReader.Read(result.BestFile);
        Assert.Equal(epochs.Min(epoch => epoch.ValLoss), best.BestModel!.Score);
        Assert.Equal(best.Epoch * StepsAnEpoch, best.GlobalStep);
        Assert.Equal(best.GlobalStep, BitConverter.ToInt64(best.Weights["encoder.bn1.num_batches_tracked"].Data.Span));
        Assert.Equal([1f, 0f], best.ClassWeights!.Skip(12).Take(2));
    }

    [Fact]
    public void AReplacedCheckpointIsDeletedEvenWhereTheProcessEndedBeforeThat()
    {
        var result = Train("replaced");
        var former = Path.Combine(_root, "replaced", "checkpoints", "ckpt-epoch=00-val_loss=9.99_test.ckpt");
        File.Copy(result.BestFile, former);
        File.WriteAllText(Path.Combine(_root, "replaced", ".flair", "replaced"), Path.GetFileName(former));
        Train("replaced");
        Assert.False(File.Exists(former));

        // A note of what the state still names as the best: the process ended before the state was written.
        File.WriteAllText(Path.Combine(_root, "replaced", ".flair", "replaced"), Path.GetFileName(result.BestFile));
        Train("replaced");
        Assert.True(File.Exists(result.BestFile));
    }

    [Fact]
    public void OtherSettingsInTheSameDirectoryAreRefused()
    {
        Assert.Throws<OperationCanceledException>(() => Train("other", stopAfter: 1));
        var copy = Path.Combine(_root, "other", "used_csv_and_config", "flair-toy-paths-train.csv");
        File.WriteAllText(copy, "the copy of the training that lies there");
        var error = Assert.Throws<FlairException>(() => Train("other", settings => settings with { LearningRate = 0.5 }));
        Assert.Contains("learning_rate was 0.1 and is 0.5", error.Message, StringComparison.Ordinal);
        Assert.Equal("the copy of the training that lies there", File.ReadAllText(copy));
    }

    [Fact]
    public void WeightsThatDoNotFitAreRefusedBeforeTheInputsAreCopied()
    {
        Assert.Throws<FlairException>(() => Train("unfit", settings => settings with { Checkpoint = settings.TrainCsv, Tasks = settings.Tasks with { InitWeightsOnly = true } }));
        Assert.False(Directory.Exists(Path.Combine(_root, "unfit", "used_csv_and_config")));
    }

    [Fact]
    public void OnlyOneProcessTrainsInADirectory()
    {
        Directory.CreateDirectory(Path.Combine(_root, "busy", ".flair"));
        using (new FileStream(Path.Combine(_root, "busy", ".flair", "lock"), FileMode.Create, FileAccess.Write, FileShare.None))
            Assert.Contains("another process trains there", Assert.Throws<FlairException>(() => Train("busy")).Message, StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => Train("busy", stopAfter: 1));
    }

    [Fact]
    public void ALossThatIsNotFiniteNamesTheFilesOfItsBatch()
    {
        var error = Assert.Throws<FlairException>(() => Train("nan", settings => settings with { LearningRate = 1e30 }));
        Assert.Contains("the loss is NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains("IMG_", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_root, "nan", "checkpoints", "last.ckpt")));
    }

    [Fact]
    public void ATrainingStartsFromAnothersWeights()
    {
        var first = Train("first");
        var second = Train("second", settings => settings with { Checkpoint = first.BestFile, Tasks = settings.Tasks with { InitWeightsOnly = true }, LearningRate = 1e-6 });
        Assert.True(second.History.Epochs[0].TrainLoss < 0.7 * first.History.Epochs[0].TrainLoss, $"{first.History.Epochs[0].TrainLoss}, then {second.History.Epochs[0].TrainLoss}");
        var third = Train("third", settings => settings with { Checkpoint = Path.Combine(_root, "first", "checkpoints", "last.ckpt"), Tasks = settings.Tasks with { Resume = true }, Epochs = 3 });
        Assert.Equal((1, 3L * StepsAnEpoch), (third.Computed, third.History.Epochs[^1].GlobalStep));
        Assert.True(File.Exists(first.BestFile), "the best file of the training that was gone on with is another directory's");
        Assert.Equal(Path.Combine(_root, "third", "checkpoints"), Path.GetDirectoryName(third.BestFile));
        var error = Assert.Throws<FlairException>(() => Train("fourth", settings => settings with { Checkpoint = third.BestFile, Tasks = settings.Tasks with { Resume = true }, Epochs = 3 }));
        Assert.Contains("num_epochs is 3; raise num_epochs", error.Message, StringComparison.Ordinal);
        Assert.Equal(State("whole3", settings => settings with { Epochs = 3 }), State("third"));
    }

    [Fact]
    public void ATrainingGoesOnWhereItsDirectoryWasMovedTo()
    {
        var begun = Train("here", settings => settings with { Epochs = 1 });
        Directory.Move(Path.Combine(_root, "here"), Path.Combine(_root, "there"));
        var done = Train("there", settings => settings with { Epochs = 1 });
        Assert.Equal((0, begun.BestFile.Replace("here", "there", StringComparison.Ordinal)), (done.Computed, done.BestFile));
        Assert.True(File.Exists(done.BestFile));

        var error = Assert.Throws<FlairException>(() => Train("resumed", settings => settings with
        {
            Epochs = 1,
            Checkpoint = Path.Combine(_root, "there", "checkpoints", "last.ckpt"),
            Tasks = settings.Tasks with { Resume = true },
        }));
        Assert.Contains("has done 1 epoch and num_epochs is 1; raise num_epochs", error.Message, StringComparison.Ordinal);

        File.WriteAllBytes(Path.Combine(_root, "there", ".flair", "training.ckpt"), [0]);
        error = Assert.Throws<FlairException>(() => Train("there"));
        Assert.Contains("delete it, to begin the training anew", error.Message, StringComparison.Ordinal);
    }

    private byte[] State(string name, Func<TrainingSettings, TrainingSettings>? change = null)
    {
        if (change is not null)
            Train(name, change);
        var state = TrainingCheckpointReader.Read(Path.Combine(_root, name, ".flair", "training.ckpt"));
        using var bytes = new MemoryStream();
        foreach (var (_, tensor) in state.Weights)
            bytes.Write(tensor.Data.Span);
        return bytes.ToArray();
    }

    private TrainingResult Train(string name, Func<TrainingSettings, TrainingSettings>? change = null, int stopAfter = int.MaxValue)
    {
        var settings = _patches.Settings with { Output = Path.Combine(_root, name) };
        settings = change?.Invoke(settings) ?? settings;
        using var stop = new CancellationTokenSource();
        return TrainingRun.Run(settings, new(PatchList.Read(settings.TrainCsv!), PatchList.Read(settings.ValCsv!)), new Stopper(stop, stopAfter), stop.Token);
    }

    /// <summary>A scene of 8 × 8 patches of 64 pixels.</summary>
    public sealed class Patches : IDisposable
    {
        private readonly string _scene = Directory.CreateTempSubdirectory("flair-patches-").FullName;

        public Patches()
        {
            var manifest = ToyScene.Create(new() { Directory = _scene, TilesX = 1, TilesY = 1, Size = 320, PatchSize = 64 });
            string Csv(string split) => Path.Combine(_scene, manifest.PatchFolder, $"flair-toy-paths-{split}.csv");
            Settings = new()
            {
                Output = "",
                Name = "test",
                TrainCsv = Csv("train"),
                ValCsv = Csv("val"),
                Tasks = new() { Train = true },
                Architecture = "resnet18_unet",
                UseAugmentation = true,
                Channels = [1, 2, 3, 4, 5],
                Normalization = new() { Means = [105.08, 110.87, 101.82, 106.38, 53.26], Stds = [52.17, 45.38, 44, 39.69, 79.3] },
                BatchSize = 3,
                LearningRate = 0.1,
                Epochs = 2,
                Classes = [.. Enumerable.Range(1, 19).Select(value => new TrainingClass(value, value is 14 or 16 or 19 ? 0 : 1, $"class {value}"))],
            };
        }

        public TrainingSettings Settings { get; }

        public void Dispose() => Directory.Delete(_scene, recursive: true);
    }

    private sealed class Stopper(CancellationTokenSource stop, int after) : ITrainingObserver
    {
        private int _steps;

        public void Stepped(TrainingStep step)
        {
            if (++_steps == after)
                stop.Cancel();
        }

        public void Started(TrainingStart start)
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
