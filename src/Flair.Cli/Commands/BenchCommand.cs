using System.CommandLine;
using Flair.Measuring;
using Flair.Settings;

namespace Flair.Cli.Commands;

/// <summary><c>flair bench</c>.</summary>
internal static class BenchCommand
{
    private const string All = "all";
    private static readonly string[] s_parts = ["network", "decode", "write"];

    private const string Examples =
        """
        network   the bare network, all workers at once: what a run cannot be faster than
        decode    all inputs through the whole graph with a network and stitching that do nothing, beside GDAL decoding the same blocks with all cores
        write     one tile written as in a run, beside GDAL making the same COGs from memory

        bench/run makes a table of these, of whole runs and of another program's.

        Examples:
          flair bench all --pipeline pipelines/demo.yaml
          flair bench decode --pipeline pipelines/bdortho-rvbie.yaml --input /data/D033 --weights formula
        """;

    public static Command Create(CommandContext context)
    {
        var settings = new SettingsOptions();
        var what = new Argument<string>("PART") { Description = "network, decode, write, or all of them.", DefaultValueFactory = _ => All };
        var seconds = new Option<double>("--seconds") { HelpName = "S", Description = "How long each is measured; a round that takes longer is not cut.", DefaultValueFactory = _ => 10 };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command("bench", "Measure the parts of a run, each beside what limits it. Works in --output, or the system's temporary directory, and leaves nothing there.") { what, seconds, json };
        command.Subcommands.Add(BenchDeviceCommand.Create(context));
        settings.AddTo(command);
        HelpWithExamples.Add(command, Examples);
        command.SetAction(async (parsed, _) =>
        {
            var part = parsed.GetValue(what)!;
            if (part != All && !s_parts.Contains(part))
                throw new FlairException($"there is nothing called '{part}' to measure{NearestName.Suggest(part, [.. s_parts, All])}; valid: {string.Join(", ", s_parts)}, {All}");
            if (parsed.GetValue(seconds) is not (> 0 and <= 3600) || !double.IsFinite(parsed.GetValue(seconds)))
                throw new FlairException($"--seconds must be above 0 and at most 3600, not {parsed.GetValue(seconds)}");
            var time = TimeSpan.FromSeconds(parsed.GetValue(seconds));
            var run = settings.Read(parsed, output: Path.GetTempPath());

            // What is worth a line is worth it once.
            var notices = new HashSet<string>();
            void Notice(string line)
            {
                if (notices.Add(line) && !parsed.GetValue(json))
                    context.Out.WriteLine($"note     {line}");
            }

            bool Wanted(string one) => part is All || part == one;
            var network = Wanted("network") ? Measurement.Network(run, time, Notice) : null;
            context.Stop.ThrowIfCancellationRequested();
            var decode = Wanted("decode") ? await Measurement.DecodeAsync(run, time, Notice, context.Stop) : null;
            var write = Wanted("write") ? await Measurement.WriteAsync(run, time, Notice, context.Stop) : null;
            if (parsed.GetValue(json))
                context.WriteJson(new { Network = network, Decode = decode, Write = write });
            else
                Write(context.Out, network, decode, write);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(TextWriter output, NetworkFigures? network, DecodeFigures? decode, WriteFigures? write)
    {
        if (network is not null)
            output.WriteLine($"network  {network.SecondsPerWindow:0.0000} s a window, {network.Seconds:0.00} s for all {network.Windows:N0} ({network.Model}, {network.Precision}, {network.Device})");
        if (decode is not null)
        {
            output.WriteLine($"decode   {Rate(decode.Pixels, decode.GraphSeconds)} through the whole graph, {Ratio(decode.RawSeconds, decode.GraphSeconds)} of GDAL alone");
            output.WriteLine($"         {Rate(decode.Pixels, decode.StitchedSeconds)} with stitching on the CPU, {Ratio(decode.RawSeconds, decode.StitchedSeconds)}");
            output.WriteLine($"         {Rate(decode.Pixels, decode.ReadSeconds)} through the reader alone, {Ratio(decode.RawSeconds, decode.ReadSeconds)}");
            output.WriteLine($"         {Rate(decode.Pixels, decode.RawSeconds)} by GDAL alone, every block once, all cores");
            output.WriteLine($"         busy in the whole graph, seconds: {string.Join(", ", decode.Blocks.Select(block => $"{block.Name} {block.BusySeconds:0.00}"))}");
        }

        if (write is not null)
        {
            output.WriteLine($"write    {Rate(write.Pixels, write.Seconds)} as in a run, {Ratio(write.RawSeconds, write.Seconds)} of GDAL alone");
            output.WriteLine($"         {Rate(write.Pixels, write.RawSeconds)} by GDAL alone, from memory, not read back");
        }
    }

    private static string Rate(long pixels, double seconds) => $"{pixels / seconds / 1e6,7:0.0} million pixels/s";

    private static string Ratio(double limit, double seconds) => $"{limit / seconds:0.00}";
}
