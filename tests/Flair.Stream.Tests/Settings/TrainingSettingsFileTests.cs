using Flair.Settings;

namespace Flair.Tests.Settings;

/// <summary>FLAIR-1's configuration in every form that its repository has held; the commit is the name of the file.</summary>
public sealed class TrainingSettingsFileTests : IDisposable
{
    private static readonly string[] s_smp = ["model_framework.model_provider=SegmentationModelsPytorch", "model_framework.SegmentationModelsPytorch.encoder_decoder=resnet34_unet"];

    private readonly TrainingTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("d4027af", 1, NormalizationType.Scaling, "train,predict,metrics")]
    [InlineData("7a7f202", 1, NormalizationType.Scaling, "train,predict,metrics,delete")]
    [InlineData("2eda9d5", 3, NormalizationType.Scaling, "predict,metrics")]
    [InlineData("f0a7340", 3, NormalizationType.Scaling, "predict,metrics")]
    [InlineData("32c02d1", 3, NormalizationType.Custom, "predict,metrics")]
    [InlineData("d0510f3", 3, NormalizationType.Custom, "predict,metrics,delete")]
    [InlineData("8819866", 3, NormalizationType.Custom, "train,predict,metrics,delete")]
    [InlineData("d09a522", 3, NormalizationType.Custom, "train,predict,metrics,delete")]
    [InlineData("6347ab1", 3, NormalizationType.Custom, "train,predict,metrics,delete")]
    [InlineData("f6e7cb0", 3, NormalizationType.Custom, "train,predict,metrics,delete")]
    public void EveryFormSinceClassesIsRead(string commit, int epochs, NormalizationType norm, string tasks)
    {
        var yaml = TrainingTestFiles.Historical(commit);
        string[] framework = yaml.Contains("model_framework", StringComparison.Ordinal) ? s_smp : [];
        var settings = TrainingTestFiles.Parse(yaml, [.. _files.Sets, .. framework]);

        Assert.Equal(_files.At("out/toy"), settings.Output);
        Assert.Equal("toy", settings.Name);
        Assert.Equal(tasks, Words(settings.Tasks));
        Assert.Equal(settings.Tasks.Train ? _files.At("train.csv") : null, settings.TrainCsv);
        Assert.Equal(settings.Tasks.Train ? _files.At("val.csv") : null, settings.ValCsv);
        Assert.Equal(_files.At("test.csv"), settings.TestCsv);
        Assert.Equal(settings.Tasks.Train ? null : _files.At("some.ckpt"), settings.Checkpoint);
        Assert.Null(settings.MetadataFile);
        Assert.Equal("resnet34_unet", settings.Architecture);
        Assert.True(settings.UseAugmentation);
        Assert.False(settings.UseMetadata);
        Assert.Equal([1, 2, 3, 4, 5], settings.Channels);
        Assert.Equal(norm, settings.Normalization.Type);
        Assert.Equal(norm == NormalizationType.Custom ? [105.08, 110.87, 101.82, 106.38, 53.26] : [], settings.Normalization.Means);
        Assert.Equal(norm == NormalizationType.Custom ? [52.17, 45.38, 44, 39.69, 79.3] : [], settings.Normalization.Stds);
        Assert.Equal(2022, settings.Seed);
        Assert.Equal(5, settings.BatchSize);
        Assert.Equal(0.02, settings.LearningRate);
        Assert.Equal(epochs, settings.Epochs);
        Assert.True(settings.UseWeights);
        Assert.True(settings.SupervisionStartsAtOne);
        Assert.Equal(19, settings.Classes.Count);
        Assert.Equal(new TrainingClass(1, 1, "building"), settings.Classes[0]);
        Assert.Equal(new TrainingClass(15, 0, "clear cut"), settings.Classes[14]);
        Assert.Equal(new TrainingClass(19, 0, "other"), settings.Classes[18]);
        Assert.True(settings.GeoreferencingOutput);
        Assert.Equal("cpu", settings.Device);
        Assert.Equal(10, settings.Workers);
        Assert.Equal(new CheckpointSettings(), settings.Checkpoints);
        Assert.True(settings.CopyInputs);
        Assert.True(settings.ShowProgress);
        Assert.Equal(10, settings.ProgressRate);
    }

    [Theory]
    [InlineData("b0d1575", "t.yaml:1:1: 'data' with its directories is how FLAIR-1 was set up in 2023; write paths with train_csv, val_csv and test_csv, and tasks, model_framework, channels and classes instead")]
    [InlineData("90e843b", "t.yaml:2:1: 'data' with its directories is how FLAIR-1 was set up in 2023; write paths with train_csv, val_csv and test_csv, and tasks, model_framework, channels and classes instead")]
    [InlineData("9d4bb3e", "t.yaml:31:1: 'num_classes' is how FLAIR-1 was set up before February 2024, when values above num_classes counted as the last class; write classes instead, and recode such masks")]
    [InlineData("6da5c37", "t.yaml:29:1: 'num_classes' is how FLAIR-1 was set up before February 2024, when values above num_classes counted as the last class; write classes instead, and recode such masks")]
    [InlineData("7ce9eb9", "t.yaml:28:1: 'num_classes' is how FLAIR-1 was set up before February 2024, when values above num_classes counted as the last class; write classes instead, and recode such masks")]
    public void TheFormsBeforeClassesAreRefused(string commit, string error) => Assert.Equal(error, TrainingTestFiles.ErrorOf(TrainingTestFiles.Historical(commit)));

    [Fact]
    public void ItMayComeFromWindows() => Assert.Equal("swimming_pool", TrainingTestFiles.Parse(_files.Last.Replace("\n", "\r\n", StringComparison.Ordinal)).Classes[12].Name);

    [Fact]
    public void AsItIsInTheRepositoryAllThatIsMissingIsSaidAtOnce() => Assert.Equal(
        [
            "t.yaml:3:5: the key 'paths.out_folder' is missing: give the directory that takes the result, . for the working directory",
            "t.yaml:4:5: the key 'paths.out_model_name' is missing: give a name; the result's directory and files are called after it",
            "t.yaml:7:17: 'paths.train_csv': the file /csv_toy/flair-1-paths-toy-train_ag.csv does not exist",
            "t.yaml:8:17: 'paths.val_csv': the file /csv_toy/flair-1-paths-toy-val_ag.csv does not exist",
            "t.yaml:10:5: the key 'paths.test_csv' is missing: tasks.predict needs it: give a CSV file with a line a patch: path of the image, comma, path of the mask",
            "t.yaml:30:21: model_provider HuggingFace is not available yet (openmmlab/upernet-swin-small); set model_provider: SegmentationModelsPytorch",
            "t.yaml:82:14: 'accelerator' asks for a GPU and libtorch finds no CUDA device here (flair doctor says why); set accelerator: cpu",
        ],
        TrainingTestFiles.ErrorOf(TrainingTestFiles.Historical("f6e7cb0")).Split('\n'));

    [Fact]
    public void WhatItAsksForIsDone()
    {
        var settings = TrainingTestFiles.Parse(_files.Last,
        [
            "tasks.train_tasks.resume_training_from_ckpt=True", "tasks.delete_preds=False", "use_augmentation=False", "use_metadata=True", "channels=[4, 1]", "norm_type=without",
            "seed=7", "batch_size=2", "learning_rate=1e-3", "num_epochs=50", "use_weights=False", "georeferencing_output=False", "num_workers=0", "ckpt_save_also_last=False",
            "ckpt_verbose=True", "ckpt_weights_only=True", "ckpt_monitor=val_iou_swimming_pool", "ckpt_monitor_mode=max", "ckpt_earlystopping_patience=4",
            "cp_csv_and_conf_to_output=False", "progress_rate=3", "classes.2=[0.25, path]",
        ]);

        Assert.Equal("train,resume,predict,metrics", Words(settings.Tasks));
        Assert.Equal(_files.At("some.ckpt"), settings.Checkpoint);
        Assert.False(settings.UseAugmentation);
        Assert.True(settings.UseMetadata);
        Assert.Equal(_files.At("metadata.json"), settings.MetadataFile);
        Assert.Equal([4, 1], settings.Channels);
        Assert.Equal(NormalizationType.Without, settings.Normalization.Type);
        Assert.Equal((7, 2, 1e-3, 50, false), (settings.Seed, settings.BatchSize, settings.LearningRate, settings.Epochs, settings.UseWeights));
        Assert.False(settings.GeoreferencingOutput);
        Assert.Equal(0, settings.Workers);
        Assert.Equal(new CheckpointSettings { SaveLast = false, Verbose = true, WeightsOnly = true, Monitor = "val_iou_swimming_pool", Maximize = true, EarlyStoppingPatience = 4 }, settings.Checkpoints);
        Assert.False(settings.CopyInputs);
        Assert.Equal(3, settings.ProgressRate);
        Assert.Equal([1, 2, 3], settings.Classes.Take(3).Select(c => c.Value));
        Assert.Equal(new TrainingClass(2, 0.25, "path"), settings.Classes[1]);
    }

    [Fact]
    public void SupervisionMayStartAtZero()
    {
        var settings = TrainingTestFiles.Parse(_files.Last, ["supervision_starts_at_one=False", "classes={ 0: [1, a], 1: [0, b] }"]);
        Assert.False(settings.SupervisionStartsAtOne);
        Assert.Equal([new(0, 1, "a"), new(1, 0, "b")], settings.Classes);
    }

    [Fact]
    public void AnOlderFileStartsFromWeights()
    {
        var settings = TrainingTestFiles.Parse(TrainingTestFiles.Historical("7a7f202"), [.. _files.Sets, "tasks.train_load_ckpt=True"]);
        Assert.True(settings.Tasks.InitWeightsOnly);
        Assert.Equal(_files.At("some.ckpt"), settings.Checkpoint);
    }

    [Fact]
    public void ADotIsTheWorkingDirectory() => Assert.Equal("./toy", TrainingTestFiles.Parse(_files.Last, ["paths.out_folder=."]).Output);

    [Fact]
    public void ANetworkWithoutBatchNormalizationLearnsFromSinglePatches() =>
        Assert.Equal(1, TrainingTestFiles.Parse(_files.Last, ["batch_size=1", "model_framework.SegmentationModelsPytorch.encoder_decoder=mit_b0_fpn"]).BatchSize);

    [Fact]
    public void ARateOfZeroTurnsTheProgressOff()
    {
        var settings = TrainingTestFiles.Parse(_files.Last, ["progress_rate=0"]);
        Assert.Equal((false, 1), (settings.ShowProgress, settings.ProgressRate));
    }

    [Theory]
    [InlineData("train", "train")]
    [InlineData("predict", "predict")]
    [InlineData("metrics", "metrics")]
    public void ACommandReplacesTheTasks(string command, string tasks)
    {
        var force = new TrainingTasks { Train = command == "train", Predict = command == "predict", Metrics = command == "metrics" };
        var settings = TrainingTestFiles.Parse(_files.Last, force: force);
        Assert.Equal(tasks, Words(settings.Tasks));
        Assert.Equal(command == "train", settings.TrainCsv is not null);
        Assert.Equal(command != "train", settings.TestCsv is not null);
        Assert.Equal(command == "predict", settings.Checkpoint is not null);
    }

    [Fact]
    public void PredictionsOfAnotherRunAreNotDeleted()
    {
        Assert.True(TrainingTestFiles.Parse(_files.Last).Tasks.DeletePredictions);
        Assert.False(TrainingTestFiles.Parse(_files.Last, ["tasks.predict=False"]).Tasks.DeletePredictions);
        Assert.False(TrainingTestFiles.Parse(_files.Last, ["tasks.metrics=False"]).Tasks.DeletePredictions);
    }

    [Theory]
    [InlineData("accelerator=gpu", 1, "cuda")]
    [InlineData("accelerator=auto", 1, "cuda")]
    [InlineData("accelerator=auto", 0, "cpu")]
    [InlineData("accelerator=cpu", 1, "cpu")]
    [InlineData("accelerator=null", 0, "cpu")]
    [InlineData("device=cuda:1", 2, "cuda:1")]
    [InlineData("device=auto", 2, "cuda")]
    [InlineData("strategy=ddp", 0, "cpu")]
    [InlineData("strategy=null", 0, "cpu")]
    public void TheDevice(string set, int cudaDevices, string device) =>
        Assert.Equal(device, TrainingTestFiles.Parse(_files.Last, [set], cudaDevices: cudaDevices).Device);

    [Fact]
    public void MetricsNeedNoDevice() => Assert.Equal("cpu", TrainingTestFiles.Parse(_files.Last, ["accelerator=gpu"], new() { Metrics = true }).Device);

    [Fact]
    public void EitherKindOfFileNamesTheOthersCommand()
    {
        Assert.Equal("t.yaml: this is a configuration of flair detect, not of a training; run: flair detect --conf t.yaml",
            TrainingTestFiles.ErrorOf("output_path: out\ninput_img_path: a.tif\nn_classes: 19\nbatch_size: 2\n"));
        Assert.Equal("t.yaml: this is a configuration of flair detect, not of a training; run: flair detect --pipeline t.yaml", TrainingTestFiles.ErrorOf(SettingsTestFiles.Pipeline));
        foreach (var commit in (string[])["90e843b", "6da5c37", "32c02d1", "f6e7cb0"])
        {
            Assert.Equal("p.yaml: this is a configuration of a training, not of flair detect; run: flair --conf p.yaml (or flair train, predict or metrics)",
                Assert.Throws<FlairException>(() => SettingsFile.Parse(TrainingTestFiles.Historical(commit), "p.yaml", "/", SettingsOverrides.None)).Message);
        }
    }

    [Fact]
    public void ThePipelineOfThisRepositoryIsRead()
    {
        var settings = TrainingTestFiles.Parse(File.ReadAllText(Path.Combine(Repository.Root, "pipelines", "flair-1-config.yaml")), [.. _files.Sets.Where(s => s.Contains("csv", StringComparison.Ordinal))]);
        Assert.Equal("resnet18_unet", settings.Architecture);
        Assert.Equal("train,predict,metrics", Words(settings.Tasks));
        Assert.Equal("cpu", settings.Device);
    }

    [Fact]
    public void AFileThatIsNotThere() => Assert.Equal("the settings file no.yaml does not exist", Assert.Throws<FlairException>(() => TrainingSettingsFile.Read("no.yaml", [])).Message);

    [Fact]
    public void TheFileIsKept()
    {
        File.WriteAllText(_files.At("t.yaml"), _files.Last);
        Assert.Equal(_files.At("t.yaml"), TrainingSettingsFile.Read(_files.At("t.yaml"), []).File);
    }

    private static string Words(TrainingTasks tasks) => string.Join(',', new[]
    {
        tasks.Train ? "train" : "", tasks.InitWeightsOnly ? "init" : "", tasks.Resume ? "resume" : "", tasks.Predict ? "predict" : "", tasks.Metrics ? "metrics" : "",
        tasks.DeletePredictions ? "delete" : "",
    }.Where(word => word.Length > 0));
}
