using System.Globalization;

namespace Flair.Settings;

/// <summary>
/// FLAIR-1's <c>accelerator</c>, <c>num_nodes</c>, <c>gpus_per_node</c> and <c>strategy</c>. A training uses one device, so that one node, one
/// device and the strategies auto, ddp and null come to the same. As in Lightning, <c>gpu</c> needs a GPU and does not fall back.
/// </summary>
internal static class TrainingDeviceKeys
{
    private enum Accelerator
    {
        Auto,
        Cpu,
        Gpu,
    }

    /// <summary>The device: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; <c>cpu</c> where something is wrong, which the report then says.</summary>
    /// <param name="root">The file's top.</param>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="computes">False where no network runs; then no device need be there.</param>
    /// <param name="cudaDevices">How many CUDA devices there are.</param>
    public static string Read(SettingsSection root, SettingsReport report, bool computes, Func<int> cudaDevices)
    {
        OnlyOne("num_nodes", "a training runs on one machine");
        OnlyOne("gpus_per_node", "a training uses one device");
        if (root.Text("strategy", "strategy") is { } strategy && strategy is not ("auto" or "ddp"))
            report.Fail("strategy", $"'strategy' must be auto, ddp or null, which are the same here as a training uses one device, not '{strategy}'");
        var accelerator = root.Choice("accelerator", "accelerator", ("gpu", Accelerator.Gpu), ("cuda", Accelerator.Gpu), ("cpu", Accelerator.Cpu), ("auto", Accelerator.Auto));
        var device = root.Text("device", "device");
        if (device is not null && !RunSettingsRules.IsDevice(device))
            report.Fail("device", $"'device' must be auto, cpu, cuda or cuda:N, not '{device}'");
        else if (computes)
            return Resolve(device ?? accelerator switch { Accelerator.Gpu => "cuda", Accelerator.Cpu => "cpu", _ => "auto" });
        return "cpu";

        void OnlyOne(string key, string why)
        {
            if (root.Integer(key, key) is { } count && count != 1)
                report.Fail(key, $"'{key}' must be 1, not {count}: {why}");
        }

        string Resolve(string wanted)
        {
            if (wanted == "cpu")
                return "cpu";
            var devices = cudaDevices();
            if (wanted == "auto")
                return devices > 0 ? "cuda" : "cpu";
            var index = wanted == "cuda" ? 0 : int.Parse(wanted["cuda:".Length..], CultureInfo.InvariantCulture);
            if (index < devices)
                return wanted;
            var key = device is null ? "accelerator" : "device";
            report.Fail(key, devices == 0
                ? $"'{key}' asks for a GPU and libtorch finds no CUDA device here (flair doctor says why); set {key}: cpu"
                : $"'device' is {wanted} and the CUDA devices here are cuda:0{(devices > 1 ? $" to cuda:{devices - 1}" : "")}");
            return "cpu";
        }
    }
}
