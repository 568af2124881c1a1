using Flair.Gdal;
using Flair.Measuring;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Tests.Models;
using Flair.Tests.Running;
using Flair.Tiles;

namespace Flair.Tests.Measuring;

[Collection(LibTorchCollection.Name)]
public sealed class MeasurementTests : IDisposable
{
    private static readonly TimeSpan s_once = TimeSpan.FromTicks(1);

    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public async Task Every_part_is_measured_and_nothing_is_left_behind()
    {
        _scene.Write("input", 2, 1);
        var settings = _scene.Settings("out");
        var network = Measurement.Network(settings, s_once, _ => { });
        var decode = await Measurement.DecodeAsync(settings, s_once, _ => { }, CancellationToken.None);
        var write = await Measurement.WriteAsync(settings, s_once, _ => { }, CancellationToken.None);

        Assert.Equal(RunPlanner.Plan(settings, measure: false, _ => { }).Windows, network.Windows);
        Assert.Equal(2 * Scene.TileSize * Scene.TileSize, decode.Pixels);
        Assert.Equal(Scene.TileSize * Scene.TileSize, write.Pixels);
        double[] seconds = [network.SecondsPerWindow, decode.RawSeconds, decode.ReadSeconds, decode.GraphSeconds, decode.StitchedSeconds, write.RawSeconds, write.Seconds];
        Assert.All(seconds, value => Assert.InRange(value, 1e-9, 1e9));
        Assert.Empty(Directory.GetFileSystemEntries(_scene.Output("out")));
    }

    [Theory]
    [InlineData(StitchMode.Blend, true)]
    [InlineData(StitchMode.Crop, true)]
    [InlineData(StitchMode.Blend, false)]
    [InlineData(StitchMode.Crop, false)]
    public async Task The_idle_network_goes_through_the_same_graph(StitchMode stitch, bool stitches)
    {
        _scene.Write("input", 1, 1);
        var options = new RunOptions
        {
            Inference = plan => Flair.Inference.InferenceWorkers.Of(
                2, () => stitches ? new IdleNetwork(plan.Settings, plan.Model.ClassCount) : new IdleNetwork()),
            Canvas = stitches ? null : () => new IdleCanvas(),
        };
        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(_scene.Settings("out") with { Stitch = stitch }, options, recorder, CancellationToken.None);
        Assert.Equal(0, summary.ExitCode);
        Assert.Equal(summary.Final.WindowsTotal, summary.Final.WindowsComputed);
        Assert.InRange(summary.Mapping, TimeSpan.FromTicks(1), summary.Final.Elapsed);

        // Equal logits: the first class everywhere.
        Assert.All(Scene.Classes(_scene.Output("out/tiles/tile-0-0.tif")), code => Assert.Equal(0, code));
    }

    [Fact]
    public void Raw_decoding_meets_every_block_of_every_file()
    {
        _scene.Write("input", 2, 1);
        var mosaic = Mosaic.Open(_scene.Settings("out"), _ => { });
        RawDecoding.Run(mosaic, CancellationToken.None);

        // Whatever part of a file cannot be read, it is met.
        var path = mosaic.Tiles[1].PrimaryFile;
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length * 9 / 10)]);
        var fault = Assert.Throws<FlairException>(() => RawDecoding.Run(mosaic, CancellationToken.None));
        Assert.StartsWith("decoding cannot be measured: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_ways_of_writing_make_the_same_rasters()
    {
        _scene.Write("input", 1, 1);
        var outputs = new OutputSettings { Confidence = true, Probabilities = true };
        var plan = RunPreparation.Prepare(_scene.Settings("out") with { Outputs = outputs }, "1", _ => { });
        var folder = Directory.CreateDirectory(_scene.Output("written")).FullName;
        var tile = new WrittenTile(plan, folder);
        tile.Write();
        tile.WriteRaw();

        foreach (var kind in Enum.GetValues<TileLayerKind>())
        {
            var written = Pixels(Path.Combine(folder, TileWriter.FileName(kind, "tile", only: false)));
            Assert.Equal(Pixels(Path.Combine(folder, $"raw-{kind}.tif")), written);
            Assert.True(written.Distinct().Count() > 2, "a raster of one value is no map");
        }
    }

    [Fact]
    public async Task The_first_round_is_not_counted_unless_it_is_the_only_one()
    {
        // Rounds of 4, 2, 2 … seconds.
        var clock = new Clock();
        var round = 0;
        Task<double> Way()
        {
            clock.Now += TimeSpan.FromSeconds(round == 0 ? 4 : 2);
            return Task.FromResult(round++ == 0 ? 1000.0 : round);
        }

        var (seconds, count) = await Rounds.MeasureAsync(TimeSpan.FromSeconds(4), clock, Way, () => Task.FromResult(5.0));
        Assert.Equal([1000.0, 5.0], seconds);
        Assert.Equal(1, count);

        round = 0;
        (seconds, count) = await Rounds.MeasureAsync(TimeSpan.FromSeconds(9), clock, Way, () => Task.FromResult(5.0));
        Assert.Equal([3.0, 5.0], seconds);
        Assert.Equal(3, count);
        Assert.Equal(2.5, Rounds.Median([4, 1, 2, 3]));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private static byte[] Pixels(string path)
    {
        using var raster = Raster.Open(path);
        var pixels = new byte[raster.BandCount * raster.Width * raster.Height];
        raster.Read<byte>(0, 0, raster.Width, raster.Height, [.. Enumerable.Range(1, raster.BandCount)], pixels);
        return pixels;
    }
}
