namespace Flair.Settings;

/// <summary>FLAIR-1's <c>tasks</c>, with <c>train_tasks</c> or, until June 2024, <c>train_load_ckpt</c>.</summary>
internal static class TrainingTaskKeys
{
    /// <summary>Reads what is to be done; <paramref name="force"/> replaces train, predict and metrics.</summary>
    public static TrainingTasks Read(SettingsSection root, SettingsReport report, TrainingTasks? force)
    {
        var errors = report.Errors.Count;
        if (force is null)
            root.Missing("tasks", "tasks", "give train, predict and metrics, each True or False");
        var tasks = root.Section("tasks", "tasks", "train", "train_tasks", "train_load_ckpt", "predict", "metrics", "delete_preds");
        var inner = tasks?.Section("train_tasks", "tasks.train_tasks", "init_weights_only_from_ckpt", "resume_training_from_ckpt");
        var older = tasks?.Flag("train_load_ckpt", "tasks.train_load_ckpt");
        var init = inner?.Flag("init_weights_only_from_ckpt", "tasks.train_tasks.init_weights_only_from_ckpt");
        var resume = inner?.Flag("resume_training_from_ckpt", "tasks.train_tasks.resume_training_from_ckpt") ?? false;
        if (older is not null && init is not null)
            report.Fail("tasks.train_load_ckpt", "'tasks.train_load_ckpt' is the older name of 'init_weights_only_from_ckpt'; give one of them");
        if (init == true && resume)
            report.Fail("tasks.train_tasks.resume_training_from_ckpt", "a training either starts from the weights of ckpt_model_path or goes on with its training; set init_weights_only_from_ckpt or resume_training_from_ckpt to False");

        var (train, predict, metrics) = (tasks?.Flag("train", "tasks.train"), tasks?.Flag("predict", "tasks.predict"), tasks?.Flag("metrics", "tasks.metrics"));
        var deletes = tasks?.Flag("delete_preds", "tasks.delete_preds") ?? false;
        if (force is not null)
            (train, predict, metrics) = (force.Train, force.Predict, force.Metrics);
        else if (report.Errors.Count == errors && !(train == true || predict == true || metrics == true))
            report.Fail("tasks", "there is nothing to do: none of train, predict and metrics is True; set one of them to True");

        var (trains, predicts, measures) = (train == true, predict == true, metrics == true);
        return new()
        {
            Train = trains,
            InitWeightsOnly = trains && (init ?? older ?? false),
            Resume = trains && resume,
            Predict = predicts,
            Metrics = measures,
            DeletePredictions = deletes && predicts && measures,
        };
    }
}
