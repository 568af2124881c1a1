namespace Flair.Settings;

/// <summary>What <c>flair train</c>, <c>predict</c> and <c>metrics</c> are to do: FLAIR-1's <c>flair-1-config.yaml</c>, checked and with every default filled in.</summary>
public sealed record TrainingSettings
{
    /// <summary>The settings file, for messages and for the copy beside the result; null where there is none.</summary>
    public string? File { get; init; }

    /// <summary>The directory that takes everything: <c>out_folder/out_model_name</c>.</summary>
    public required string Output { get; init; }

    /// <summary><c>out_model_name</c>: the end of the names of checkpoints, predictions and logs.</summary>
    public required string Name { get; init; }

    /// <summary>CSV file of image and mask paths to learn from; null where <see cref="Tasks"/> does not train.</summary>
    public string? TrainCsv { get; init; }

    /// <summary>CSV file of image and mask paths to validate with; null where <see cref="Tasks"/> does not train.</summary>
    public string? ValCsv { get; init; }

    /// <summary>CSV file of image and mask paths to predict and to measure; null where nothing is predicted or measured.</summary>
    public string? TestCsv { get; init; }

    /// <summary><c>ckpt_model_path</c>: weights to start, resume or predict from; null for none, or, to predict, for the best of the training in <see cref="Output"/>.</summary>
    public string? Checkpoint { get; init; }

    /// <summary><c>path_metadata_aerial</c>; null unless <see cref="UseMetadata"/>.</summary>
    public string? MetadataFile { get; init; }

    /// <summary>What to do.</summary>
    public TrainingTasks Tasks { get; init; } = new();

    /// <summary>Encoder and decoder, e.g. <c>resnet34_unet</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Whether patches are flipped and turned at random in training.</summary>
    public bool UseAugmentation { get; init; }

    /// <summary>Whether the aerial metadata joins the deepest feature map.</summary>
    public bool UseMetadata { get; init; }

    /// <summary>Bands of the image files, from 1, in the order of the network's channels.</summary>
    public required IReadOnlyList<int> Channels { get; init; }

    /// <summary>How raw values become the network's input.</summary>
    public NormalizationSettings Normalization { get; init; } = new();

    /// <summary>Seed of everything random: initial weights, order of the patches, augmentation, dropout.</summary>
    public int Seed { get; init; } = 2022;

    /// <summary>Patches a step, 1 or more; 2 or more for a network with batch normalization.</summary>
    public int BatchSize { get; init; } = 5;

    /// <summary>Learning rate of the first epoch, above 0.</summary>
    public double LearningRate { get; init; } = 0.02;

    /// <summary>Most epochs to train, 1 or more.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Whether the classes' weights weigh the loss. They decide which classes count in the metrics either way.</summary>
    public bool UseWeights { get; init; } = true;

    /// <summary>Whether a mask's 1 is class 0.</summary>
    public bool SupervisionStartsAtOne { get; init; } = true;

    /// <summary>The classes, one a logit, in that order.</summary>
    public required IReadOnlyList<TrainingClass> Classes { get; init; }

    /// <summary>Whether predictions carry the geotransform and coordinate system of their image.</summary>
    public bool GeoreferencingOutput { get; init; } = true;

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:0</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads that read patches in the background; 0 leaves it to the program.</summary>
    public int Workers { get; init; }

    /// <summary>What is kept of a training, and when it ends early.</summary>
    public CheckpointSettings Checkpoints { get; init; } = new();

    /// <summary><c>cp_csv_and_conf_to_output</c>.</summary>
    public bool CopyInputs { get; init; } = true;

    /// <summary><c>enable_progress_bar</c>.</summary>
    public bool ShowProgress { get; init; } = true;

    /// <summary>Steps between two updates of the progress, 1 or more.</summary>
    public int ProgressRate { get; init; } = 10;
}

/// <summary>FLAIR-1's <c>tasks</c>.</summary>
public sealed record TrainingTasks
{
    /// <summary>Train a model.</summary>
    public bool Train { get; init; }

    /// <summary>Start the training from the weights of <see cref="TrainingSettings.Checkpoint"/>.</summary>
    public bool InitWeightsOnly { get; init; }

    /// <summary>Go on with the training that saved <see cref="TrainingSettings.Checkpoint"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>Predict the patches of <see cref="TrainingSettings.TestCsv"/>.</summary>
    public bool Predict { get; init; }

    /// <summary>Compare predictions with masks.</summary>
    public bool Metrics { get; init; }

    /// <summary>Delete the predictions once they were measured.</summary>
    public bool DeletePredictions { get; init; }
}

/// <summary>FLAIR-1's <c>ckpt_*</c> options.</summary>
public sealed record CheckpointSettings
{
    /// <summary><c>ckpt_save_also_last</c>: also keep the weights of the last epoch, as <c>last.ckpt</c>.</summary>
    public bool SaveLast { get; init; } = true;

    /// <summary><c>ckpt_verbose</c>: say so when a checkpoint is written.</summary>
    public bool Verbose { get; init; }

    /// <summary><c>ckpt_weights_only</c>: leave the optimizer's and the scheduler's state out of the checkpoints for others.</summary>
    public bool WeightsOnly { get; init; }

    /// <summary><c>ckpt_monitor</c>: the logged value that decides which epoch is best, e.g. <c>val_loss</c>, <c>val_miou</c>.</summary>
    public string Monitor { get; init; } = "val_loss";

    /// <summary><c>ckpt_monitor_mode</c>: true where larger is better.</summary>
    public bool Maximize { get; init; }

    /// <summary><c>ckpt_earlystopping_patience</c>: epochs without a better value before the training ends.</summary>
    public int EarlyStoppingPatience { get; init; } = 30;
}

/// <summary>One class of a training.</summary>
/// <param name="Value">Its value in the masks.</param>
/// <param name="Weight">Its weight in the loss, 0 or more; 0 also leaves it out of the metrics.</param>
/// <param name="Name">Its name.</param>
public sealed record TrainingClass(int Value, double Weight, string Name);
