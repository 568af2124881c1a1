namespace Flair.Settings;

/// <summary>
/// How FLAIR-1's files name the network: an encoder and a decoder under two keys until summer 2024; then <c>model_framework</c>, with the
/// older keys left behind in some files and unused.
/// </summary>
internal static class ModelFramework
{
    private const string Smp = "SegmentationModelsPytorch";

    /// <summary>Puts a network from the command line in place of the file's.</summary>
    public static void Put(OverrideMerger merger, string option, string model)
    {
        merger.Put(option, Smp, "model_framework", "model_provider");
        merger.Put(option, model, "model_framework", Smp, "encoder_decoder");
    }

    /// <summary>Encoder, underscore, decoder; null where it is missing or wrong, which the report then says.</summary>
    /// <param name="root">The file's top.</param>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="decoderKey">The older key of the decoder.</param>
    /// <param name="encoderKey">The older key of the encoder.</param>
    /// <param name="option">The command line's option that names a network; null where there is none.</param>
    public static string? Read(SettingsSection root, SettingsReport report, string decoderKey, string encoderKey, string? option)
    {
        var (decoder, encoder) = (root.Text(decoderKey, "model.architecture"), root.Text(encoderKey, "model.architecture"));
        var older = decoder is not null && encoder is not null ? $"{encoder}_{decoder.ToLowerInvariant()}" : null;
        var framework = root.Section("model_framework", "model.architecture", "model_provider", "HuggingFace", Smp);
        if (framework is null)
        {
            if (older is null)
                root.Missing("model_framework", "model.architecture", $"give {Smp} with its encoder_decoder, or {decoderKey} and {encoderKey}{(option is null ? "" : $" (or {option})")}");
            return older;
        }

        var provider = framework.Choice("model_provider", "model.provider", ("HuggingFace", true), (Smp, false));
        framework.Missing("model_provider", "model.provider", $"give {Smp}");
        var huggingFace = framework.Section("HuggingFace", "model.hugging_face", "org_model");
        var smp = framework.Section(Smp, "model.smp", "encoder_decoder");
        var newer = smp?.Text("encoder_decoder", "model.architecture");
        if (provider == true)
        {
            var model = huggingFace?.Text("org_model", "model.hugging_face");
            var instead = newer ?? older;
            report.Fail("model.provider", $"model_provider HuggingFace is not available yet{(model is null ? "" : $" ({model})")}"
                + $"; set model_provider: {Smp}{(instead is null ? "" : $" to run {instead}")}{(option is null ? "" : $", or give {option}")}");
            return null;
        }

        if (provider == false && (newer ?? older) is null)
            report.Fail("model.architecture", $"'model_framework.{Smp}.encoder_decoder' is missing: give the encoder and the decoder, such as resnet34_unet");
        return newer ?? older;
    }
}
