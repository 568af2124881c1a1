using Flair.Settings;

namespace Flair.Tests.Settings;

public sealed class TrainingFingerprintTests : IDisposable
{
    private readonly TrainingTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("model_framework.SegmentationModelsPytorch.encoder_decoder=resnet18_unet", "encoder_decoder was resnet34_unet and is resnet18_unet")]
    [InlineData("use_augmentation=False", "use_augmentation was true and is false")]
    [InlineData("channels=[5, 2, 3, 4, 1]", "channels was [1, 2, 3, 4, 5] and is [5, 2, 3, 4, 1]")]
    [InlineData("norm_stds.0=50", "norm_stds was [52.17, 45.38, 44, 39.69, 79.3] and is [50, 45.38, 44, 39.69, 79.3]")]
    [InlineData("norm_means.4=50", "norm_means was [105.08, 110.87, 101.82, 106.38, 53.26] and is [105.08, 110.87, 101.82, 106.38, 50]")]
    [InlineData("seed=1", "seed was 2022 and is 1")]
    [InlineData("batch_size=4", "batch_size was 5 and is 4")]
    [InlineData("learning_rate=0.01", "learning_rate was 0.02 and is 0.01")]
    [InlineData("classes.19=[0.5, other]", "classes was [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0] and is [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0.5]")]
    [InlineData("ckpt_monitor=train_loss", "ckpt_monitor was val_loss and is train_loss")]
    [InlineData("ckpt_earlystopping_patience=3", "ckpt_earlystopping_patience was 30 and is 3")]
    [InlineData("tasks.train_tasks.init_weights_only_from_ckpt=True", "ckpt_model_path was none and is a file (")]
    public void WhatDecidesTheWeightsIsNamed(string set, string difference)
    {
        var (before, after) = (Of(), Of(set));
        Assert.StartsWith(difference, Assert.Single(before.DifferencesFrom(after)), StringComparison.Ordinal);
        Assert.NotEqual(before.Hash, after.Hash);
    }

    [Fact]
    public void WithoutWeightsInTheLossTheyCountForNothing() =>
        Assert.Empty(Of("use_weights=False").DifferencesFrom(Of("use_weights=False", "classes.19=[0.5, other]")));

    [Theory]
    [InlineData("num_epochs=100")]
    [InlineData("paths.out_model_name=other")]
    [InlineData("num_workers=1")]
    [InlineData("progress_rate=1")]
    [InlineData("ckpt_save_also_last=False")]
    [InlineData("georeferencing_output=False")]
    [InlineData("classes.19=[0, 'something else']")]
    [InlineData("tasks.predict=False")]
    public void WhatDoesNotDecideThemLeavesIt(string set)
    {
        Assert.Empty(Of().DifferencesFrom(Of(set)));
        Assert.Equal(Of().Hash, Of(set).Hash);
    }

    [Fact]
    public void ListsCountByTheirContent()
    {
        var before = Of();
        File.Copy(_files.At("train.csv"), _files.At("copy.csv"));
        Assert.Empty(before.DifferencesFrom(Of($"paths.train_csv={_files.At("copy.csv")}")));
        File.AppendAllText(_files.At("train.csv"), "more");
        Assert.Equal(["train_csv has another content"], before.DifferencesFrom(Of()));
    }

    [Fact]
    public void ATrainingThatGoesOnNeedNotKnowItsFirstWeights() =>
        Assert.Empty(Of("tasks.train_tasks.init_weights_only_from_ckpt=True").DifferencesFrom(Of("tasks.train_tasks.resume_training_from_ckpt=True")));

    [Fact]
    public void ItsTextMakesItAgain()
    {
        var again = TrainingFingerprint.Parse(Of().Text)!;
        Assert.Equal(Of().Entries, again.Entries);
        Assert.Equal(Of().Hash, again.Hash);
        Assert.Empty(Of().DifferencesFrom(again));
    }

    [Theory]
    [InlineData("")]
    [InlineData("training 2\nseed 1")]
    [InlineData("training 1\nseed")]
    [InlineData("training 1\nseed 1\nseed 1")]
    public void AnotherTextMakesNone(string text) => Assert.Null(TrainingFingerprint.Parse(text));

    // It is in the checkpoints: when this test fails, no training of an earlier version can be resumed.
    [Fact]
    public void ItStaysTheSameFromVersionToVersion()
    {
        string Hash(string file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_files.At(file))));
        Assert.Equal(
            $"""
            training 1
            train_csv {Hash("train.csv")}
            val_csv {Hash("val.csv")}
            encoder_decoder resnet34_unet
            use_augmentation true
            use_metadata false
            path_metadata_aerial none
            channels [1, 2, 3, 4, 5]
            norm_type custom
            norm_means [105.08, 110.87, 101.82, 106.38, 53.26]
            norm_stds [52.17, 45.38, 44, 39.69, 79.3]
            seed 2022
            batch_size 5
            learning_rate 0.02
            use_weights true
            supervision_starts_at_one true
            classes [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0]
            ckpt_monitor val_loss
            ckpt_monitor_mode min
            ckpt_earlystopping_patience 30
            ckpt_model_path none
            """, Of().Text);
    }

    private TrainingFingerprint Of(params string[] sets) => TrainingFingerprint.Of(TrainingTestFiles.Parse(_files.Last, sets));
}
