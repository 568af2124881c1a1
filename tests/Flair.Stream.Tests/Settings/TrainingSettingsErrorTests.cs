namespace Flair.Tests.Settings;

public sealed class TrainingSettingsErrorTests : IDisposable
{
    private readonly TrainingTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("num_epochs: 3", "num_epoch: 3", "t.yaml:52:1: unknown key 'num_epoch'; did you mean 'num_epochs'?|t.yaml:2:1: the key 'num_epochs' is missing: give the most epochs to train")]
    [InlineData("    predict: True", "    predit: True", "t.yaml:23:5: unknown key 'predit' under 'tasks'; did you mean 'predict'?")]
    [InlineData("encoder_decoder: resnet34_unet", "encoder_decoder: resnet34_unte", "t.yaml:36:26: there is no model 'resnet34_unte'; did you mean 'resnet34_unet'?")]
    [InlineData("norm_type: custom", "norm_type: costum", "t.yaml:43:12: 'norm_type' must be custom or scaling or without, not 'costum'; did you mean 'custom'?")]
    [InlineData("norm_means: [105.08,", "norm_means: [", "t.yaml:44:13: 'norm_means' has 4 values for 5 channels; give one a channel")]
    [InlineData("norm_stds: [52.17,", "norm_stds: [0,", "t.yaml:45:12: a standard deviation must be more than 0, not 0")]
    [InlineData("channels: [1,2,3,4,5]", "channels: [1,0,3,4,5]", "t.yaml:42:11: channels are numbered from 1; 0 is not one")]
    [InlineData("seed: 2022", "seed: -1", "t.yaml:47:7: 'seed' must be 0 or more, not -1")]
    [InlineData("batch_size: 5", "batch_size: 1", "t.yaml:50:13: 'batch_size' must be 2 or more to train: the network's batch normalization learns nothing from a single patch")]
    [InlineData("batch_size: 5", "batch_size: 0", "t.yaml:50:13: 'batch_size' must be 1 or more, not 0")]
    [InlineData("learning_rate: 0.02", "learning_rate: 0", "t.yaml:51:16: 'learning_rate' must be more than 0, not 0")]
    [InlineData("num_epochs: 3", "num_epochs: 0", "t.yaml:52:13: 'num_epochs' must be 1 or more, not 0")]
    [InlineData("num_workers: 10", "num_workers: 100000", "t.yaml:86:14: 'num_workers' must be 1024 or less, not 100000")]
    [InlineData("num_nodes: 1", "num_nodes: 2", "t.yaml:83:12: 'num_nodes' must be 1, not 2: a training runs on one machine")]
    [InlineData("gpus_per_node: 1", "gpus_per_node: 4", "t.yaml:84:16: 'gpus_per_node' must be 1, not 4: a training uses one device")]
    [InlineData("strategy: 'auto'", "strategy: deepspeed", "t.yaml:85:11: 'strategy' must be auto, ddp or null, which are the same here as a training uses one device, not 'deepspeed'")]
    [InlineData("accelerator: cpu", "accelerator: gpu", "t.yaml:82:14: 'accelerator' asks for a GPU and libtorch finds no CUDA device here (flair doctor says why); set accelerator: cpu")]
    [InlineData("accelerator: cpu", "accelerator: tpu", "t.yaml:82:14: 'accelerator' must be gpu or cuda or cpu or auto, not 'tpu'; did you mean 'gpu'?")]
    [InlineData("accelerator: cpu", "device: gpu", "t.yaml:82:9: 'device' must be auto, cpu, cuda or cuda:N, not 'gpu'")]
    [InlineData("accelerator: cpu", "device: cuda:0", "t.yaml:82:9: 'device' asks for a GPU and libtorch finds no CUDA device here (flair doctor says why); set device: cpu")]
    [InlineData("    init_weights_only_from_ckpt: False\n        resume_training_from_ckpt: False", "    init_weights_only_from_ckpt: True\n        resume_training_from_ckpt: True", "t.yaml:21:36: a training either starts from the weights of ckpt_model_path or goes on with its training; set init_weights_only_from_ckpt or resume_training_from_ckpt to False")]
    [InlineData("    delete_preds: True", "    train_load_ckpt: False", "t.yaml:26:22: 'tasks.train_load_ckpt' is the older name of 'init_weights_only_from_ckpt'; give one of them")]
    [InlineData("out_model_name: 'toy'", "out_model_name: a/toy", "t.yaml:4:21: 'paths.out_model_name' must be a name, not the path 'a/toy'; the directory belongs into out_folder")]
    [InlineData("out_folder : 'out'", "out_folder : ''", "t.yaml:3:5: the key 'paths.out_folder' is missing: give the directory that takes the result, . for the working directory")]
    [InlineData("out_folder : 'out'", "", "t.yaml:4:5: the key 'paths.out_folder' is missing: give the directory that takes the result, . for the working directory")]
    [InlineData("use_metadata: False", "use_metadata: maybe", "t.yaml:40:15: 'use_metadata' must be true or false, not maybe")]
    [InlineData("ckpt_monitor: val_loss", "ckpt_monitor: val_mlou", "t.yaml:92:15: 'ckpt_monitor' must be val_loss, val_miou, train_loss or val_iou_NAME of a class with a weight, not 'val_mlou'; did you mean 'val_miou'?")]
    [InlineData("ckpt_monitor: val_loss", "ckpt_monitor: val_iou_other", "t.yaml:92:15: 'ckpt_monitor' is val_iou_other, which is not measured, as class 19 has weight 0")]
    [InlineData("ckpt_monitor: val_loss", "ckpt_monitor: val_miou", "t.yaml:93:20: 'ckpt_monitor_mode' must be max for val_miou, or the worst epoch would be kept as the best")]
    [InlineData("ckpt_monitor_mode: min", "ckpt_monitor_mode: mni", "t.yaml:93:20: 'ckpt_monitor_mode' must be min or max, not 'mni'; did you mean 'min'?")]
    [InlineData("ckpt_earlystopping_patience: 30", "ckpt_earlystopping_patience: -1", "t.yaml:94:30: 'ckpt_earlystopping_patience' must be 0 or more, not -1")]
    [InlineData("progress_rate: 10", "progress_rate: -1", "t.yaml:99:16: 'progress_rate' must be 0 or more, not -1")]
    [InlineData("use_augmentation: True", "", "t.yaml:2:1: the key 'use_augmentation' is missing: say whether patches are flipped and turned at random, True or False")]
    public void Errors(string good, string bad, string errors)
    {
        var yaml = _files.Last.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(_files.Last, yaml);
        Assert.Equal(errors.Split('|'), TrainingTestFiles.ErrorOf(yaml).Split('\n'));
    }

    [Theory]
    [InlineData("{ 1: [1, a], 3: [1, b] }", "'classes' must be numbered from 1 in steps of 1, as FLAIR-1 takes a class's place for its value: here belongs 2, not 3")]
    [InlineData("{ 0: [1, a], 1: [1, b] }", "'classes' must be numbered from 1 in steps of 1, as FLAIR-1 takes a class's place for its value: here belongs 1, not 0")]
    [InlineData("{ 2: [1, a], 1: [1, b] }", "'classes' must be numbered from 1 in steps of 1, as FLAIR-1 takes a class's place for its value: here belongs 1, not 2")]
    [InlineData("{ one: [1, a] }", "'classes' must be numbered from 1 in steps of 1, as FLAIR-1 takes a class's place for its value: here belongs 1, not one")]
    [InlineData("{ 1: [1, a], 2: [1, a] }", "'classes.1' and 'classes.2' are both named 'a'; give each its own name")]
    [InlineData("{ 1: [-1, a], 2: [.nan, b] }", "'classes.1': the weight must be a number, 0 or more, not -1|'classes.2': the weight must be a number, 0 or more, not .nan")]
    [InlineData("{ 1: [1, ' '] }", "'classes.1': the name must be text, not the text ' '")]
    [InlineData("{ 1: [1] }", "'classes.1' must be [weight, name], such as [1, 'building'], not a list of 1")]
    [InlineData("{ 1: building }", "'classes.1' must be [weight, name], such as [1, 'building'], not building")]
    [InlineData("[building, water]", "'classes' must be lines such as 1: [1, 'building'], not a list")]
    [InlineData("{ 1: [0, a], 2: [0, b] }", "every class has weight 0, so none would be learned or measured; give 1 to those that count")]
    [InlineData("{}", "'classes' is empty; give a line a class: value in the masks, colon, [weight, name]")]
    public void ErrorsOfTheClasses(string classes, string errors)
    {
        var set = $"classes={classes}";
        Assert.Equal(errors.Split('|').Select(error => $"--set {set}: {error}"), TrainingTestFiles.ErrorOf(_files.Last, [set]).Split('\n'));
    }

    [Fact]
    public void AMapHasRoomFor255Classes()
    {
        var set = "classes={" + string.Join(", ", Enumerable.Range(1, 256).Select(i => $"{i}: [1, c{i}]")) + "}";
        Assert.EndsWith("'classes' has 256 classes and a map has room for 255", TrainingTestFiles.ErrorOf(_files.Last, [set]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--set supervision_starts_at_one=False", "t.yaml:58:5: 'classes' must be numbered from 0 (supervision_starts_at_one is False) in steps of 1, as FLAIR-1 takes a class's place for its value: here belongs 0, not 1")]
    [InlineData("--set tasks={ train: False, predict: no }", "--set tasks={ train: False, predict: no }: there is nothing to do: none of train, predict and metrics is True; set one of them to True")]
    [InlineData("--set model_framework.SegmentationModelsPytorch.encoder_decoder=resnet50_unet --set use_metadata=True", "--set use_metadata=True: resnet50_unet takes no metadata: they are added to a deepest map of 512 channels and 1/32 of the resolution, its own has 2048 and 1/32; take resnet34_unet, or set use_metadata: False")]
    [InlineData("--set paths.path_metadata_aerial= --set use_metadata=True", "--set paths.path_metadata_aerial=: the key 'paths.path_metadata_aerial' is missing: use_metadata needs it: give FLAIR's aerial metadata in JSON")]
    [InlineData("--set paths.ckpt_model_path= --set tasks.train=False", "--set paths.ckpt_model_path=: the key 'paths.ckpt_model_path' is missing: predicting without training needs it: give a .ckpt, .pth or .safetensors file")]
    [InlineData("--set paths.ckpt_model_path=no.pth --set tasks.train_tasks.init_weights_only_from_ckpt=yes", "--set paths.ckpt_model_path=no.pth: 'paths.ckpt_model_path': the file no.pth does not exist; a relative path starts from the working directory")]
    [InlineData("--set paths.train_csv=/tmp", "--set paths.train_csv=/tmp: 'paths.train_csv': the file /tmp is a directory")]
    [InlineData("--set tasks.train_tasks.0=1 --set classes.1.5=1", "--set classes.1.5=1: 'classes.1' has no item '5'|--set tasks.train_tasks.0=1: unknown key '0' under 'tasks.train_tasks'; valid: init_weights_only_from_ckpt, resume_training_from_ckpt")]
    public void ErrorsBetweenSettings(string options, string errors)
    {
        var sets = options.Split("--set ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(errors.Split('|'), TrainingTestFiles.ErrorOf(_files.Last, sets).Split('\n'));
    }

    [Fact]
    public void ADeviceBeyondTheLast() => Assert.Equal("--set device=cuda:2: 'device' is cuda:2 and the CUDA devices here are cuda:0 to cuda:1",
        TrainingTestFiles.ErrorOf(_files.Last, ["device=cuda:2"], cudaDevices: 2));

    [Fact]
    public void OneFileMayHaveManyErrors()
    {
        var errors = TrainingTestFiles.ErrorOf(_files.Last
            .Replace("train: True", "train: Ture", StringComparison.Ordinal)
            .Replace("seed: 2022", "sead: x", StringComparison.Ordinal)
            .Replace("3:  [1, 'impervious surface']", "3:  ['1', 'impervious surface']", StringComparison.Ordinal)
            .Replace("ckpt_verbose: False", "ckpt_verbose: [no]", StringComparison.Ordinal));
        Assert.Equal(
            [
                "t.yaml:47:1: unknown key 'sead'; did you mean 'seed'?", "t.yaml:18:12: 'tasks.train' must be true or false, not Ture",
                "t.yaml:60:10: 'classes.3': the weight must be a number, 0 or more, not the text '1'", "t.yaml:90:15: 'ckpt_verbose' must be true or false, not a list",
            ],
            errors.Split('\n'));
    }
}
