using Flair.Checkpoints;
using FsCheck;
using FsCheck.Fluent;

namespace Flair.Tests.Checkpoints;

public sealed class TrainingCheckpointTests
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "w.ckpt");

    [Fact]
    public void Training_within_an_epoch_survives()
    {
        var training = Training();

        TorchCheckpointWriter.WriteLightning(_path, training);

        AssertSame(training, TrainingCheckpointReader.Read(_path));
    }

    [Fact]
    public void Training_before_its_first_step_survives()
    {
        var training = new TrainingCheckpoint { Weights = Network(), Epoch = 0, GlobalStep = 0, Scheduler = new(0.02, double.PositiveInfinity, 0, 0, 0) };

        TorchCheckpointWriter.WriteLightning(_path, training);

        AssertSame(training, TrainingCheckpointReader.Read(_path));
    }

    [Fact]
    public void Any_numbers_and_texts_survive()
    {
        var numbers = ArbMap.Default.GeneratorFor<double>();
        var texts = ArbMap.Default.GeneratorFor<string>().Where(text => text is not null && text.EnumerateRunes().All(rune => rune.Value != 0xFFFD));
        var trainings = from rate in numbers
                        where rate > 0
                        from number in numbers
                        from score in ArbMap.Default.GeneratorFor<float>()
                        from count in Gen.Choose(0, int.MaxValue)
                        from wide in ArbMap.Default.GeneratorFor<long>()
                        from text in texts
                        from isRunning in Gen.Elements(true, false)
                        let plain = Training()
                        select plain with
                        {
                            Epoch = count,
                            GlobalStep = Math.Abs(wide / 2),
                            Scheduler = new(rate, number, count, count / 2, count / 3),
                            Seed = wide,
                            Fingerprint = text,
                            EarlyStopping = plain.EarlyStopping! with { BestScore = number, WaitCount = count, Maximize = isRunning },
                            BestModel = plain.BestModel! with { Score = score, CurrentScore = number, Path = text, Directory = text + "/" },
                            Running = isRunning ? plain.Running! with { LossSum = number, LossCount = wide, Confusion = [wide, count] } : null,
                        };

        Check.One(Config.QuickThrowOnFailure.WithReplay(20221121, 3), Prop.ForAll(trainings.ToArbitrary(), training =>
        {
            TorchCheckpointWriter.WriteLightning(_path, training);
            AssertSame(training, TrainingCheckpointReader.Read(_path));
        }));
    }

    [Fact]
    public void Bytes_depend_on_the_content_alone()
    {
        TorchCheckpointWriter.WriteLightning(_path, Training());
        TorchCheckpointWriter.WriteLightning(_path + "2", Training());

        Assert.Equal(File.ReadAllBytes(_path), File.ReadAllBytes(_path + "2"));
    }

    [Fact]
    public void Weights_alone_are_no_training()
    {
        TorchCheckpointWriter.WriteLightning(_path, Training(), weightsOnly: true);

        Assert.Contains("init_weights_only_from_ckpt", Assert.Throws<FlairException>(() => TrainingCheckpointReader.Read(_path)).Message, StringComparison.Ordinal);
        Assert.Equal(Network().Select(entry => entry.Key), CheckpointReader.Read(_path, keepMetadata: true).Select(entry => entry.Key));
    }

    [Fact]
    public void Lightnings_own_checkpoint_is_read()
    {
        var read = TrainingCheckpointReader.Read(CheckpointFixtures.PathOf("training.ckpt"));

        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"], read.Weights.Select(entry => entry.Key));
        Assert.Equal([12], CheckpointFixtures.Values(read.Weights["1.num_batches_tracked"]));
        Assert.Equal([1, 0.5f], read.ClassWeights);
        Assert.Equal((3, 12), (read.Epoch, read.GlobalStep));
        Assert.Equal(new(0.02, 0.6962384581565857, 0, 0, 2), read.Scheduler);
        Assert.Equal(new() { Monitor = "val_loss", BestScore = read.BestModel!.Score!.Value, Patience = 30 }, read.EarlyStopping);
        Assert.Equal(0.6871, read.BestModel.Score!.Value, 1e-4);
        Assert.Equal("/tmp/flair-training/checkpoints/ckpt-epoch=02-val_loss=0.69.ckpt", read.BestModel.Path);
        Assert.Equal("/tmp/flair-training/checkpoints", read.BestModel.Directory);
        Assert.Null(read.Running);
        Assert.Null(read.Fingerprint);
        Assert.Null(read.Seed);
    }

    [Fact]
    public void Lightnings_own_checkpoint_survives()
    {
        var training = TrainingCheckpointReader.Read(CheckpointFixtures.PathOf("training.ckpt"));

        TorchCheckpointWriter.WriteLightning(_path, training);

        AssertSame(training, TrainingCheckpointReader.Read(_path));
    }

    [Theory]
    [InlineData("training_midway.ckpt", "in the midst of an epoch (after 1 whole ones)")]
    [InlineData("training_adam.ckpt", "its optimizer was not SGD")]
    [InlineData("tensors.pth", "init_weights_only_from_ckpt")]
    [InlineData("tensors.safetensors", "init_weights_only_from_ckpt")]
    [InlineData("tensors_legacy.pth", "init_weights_only_from_ckpt")]
    [InlineData("absent.pth", "correct ckpt_model_path")]
    [InlineData("malicious_hyper_parameters.ckpt", "would call __builtin__.eval")]
    public void Refused_with_one_line(string file, string expected)
    {
        var error = Assert.Throws<FlairException>(() => TrainingCheckpointReader.Read(CheckpointFixtures.PathOf(file)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    internal static StateDict Network() => new()
    {
        { "encoder.conv1.weight", Tensor(ScalarType.Float32, 2, 3) },
        { "encoder.bn1.running_mean", Tensor(ScalarType.Float32, 2) },
        { "encoder.bn1.num_batches_tracked", Tensor(ScalarType.Int64) },
        { "segmentation_head.0.bias", Tensor(ScalarType.Float32, 2) },
        { "enc.enc_mlp.0.weight", Tensor(ScalarType.Float32, 4) },
    };

    internal static TrainingCheckpoint Training() => new()
    {
        Weights = Network(),
        ClassWeights = [1, 0, 0.25f],
        Epoch = 3,
        GlobalStep = 37,
        Scheduler = new(0.1 / 3, 0.1, 2, 1, 3),
        EarlyStopping = new() { Monitor = "val_miou", Maximize = true, BestScore = 0.7, Patience = 30, WaitCount = 1 },
        BestModel = new() { Monitor = "val_loss", Directory = "/out/checkpoints", Path = "/out/checkpoints/ckpt-epoch=01.ckpt", Score = 0.3, CurrentScore = 0.4, LastPath = "/out/checkpoints/last.ckpt" },
        Running = new() { Steps = 7, LossSum = 1.0 / 3, LossCount = 7, Confusion = [1, long.MaxValue, 3, 0] },
        Fingerprint = "a fingerprint",
        Seed = 2022,
    };

    private static StoredTensor Tensor(ScalarType type, params long[] shape) =>
        new(type, shape, Enumerable.Range(0, (int)shape.Aggregate((long)type.Size(), (product, side) => product * side)).Select(value => (byte)value).ToArray());

    /// <summary>Records compare lists by reference, so these are compared apart.</summary>
    private static void AssertSame(TrainingCheckpoint expected, TrainingCheckpoint read)
    {
        Assert.Equal(expected.Weights.Select(Text), read.Weights.Select(Text));
        Assert.Equal(expected.ClassWeights, read.ClassWeights);
        Assert.Equal(expected.Running?.Confusion, read.Running?.Confusion);
        IReadOnlyList<long> none = [];
        Assert.Equal(
            expected with { Weights = read.Weights, ClassWeights = null, Running = expected.Running is null ? null : expected.Running with { Confusion = none } },
            read with { ClassWeights = null, Running = read.Running is null ? null : read.Running with { Confusion = none } });

        static string Text(KeyValuePair<string, StoredTensor> entry) =>
            $"{entry.Key} {entry.Value.Type} [{string.Join(", ", entry.Value.Shape)}] {Convert.ToHexString(entry.Value.Data.Span)}";
    }
}
