using Flair.Indexing;
using Flair.Running;

namespace Flair.Cli.Tests.Progress;

/// <summary>Moments of a run that never was.</summary>
internal static class Runs
{
    public static RunPlan Plan { get; } = new()
    {
        Tiles = 4,
        TilesFinished = 1,
        Units = 1,
        Windows = 100,
        Pixels = 4_000_000,
        Hectares = 16,
        BytesToRead = 12_000_000,
        MemoryBytes = 1_000_000_000,
        DiskBytes = 5_000_000,
        DiskFreeBytes = 80_000_000_000,
        Device = "cpu (2 threads)",
        Model = "resnet18_unet, 5 channels, flair-19",
    };

    public static RunSnapshot At(double seconds, long windows, params BlockSnapshot[] blocks) => new()
    {
        Elapsed = TimeSpan.FromSeconds(seconds),
        TilesTotal = 4,
        TilesSkipped = 1,
        TilesDone = 2,
        TilesFailed = 0,
        WindowsTotal = 100,
        WindowsDone = windows,
        WindowsComputed = windows,
        Blocks = blocks,
    };

    public static BlockSnapshot Block(string name, double busy, double waiting, long items = 0, long bytes = 0) =>
        new(name, "items", items, bytes, TimeSpan.FromSeconds(busy), TimeSpan.FromSeconds(waiting), 1);

    public static TileRow Tile(string name, string? error) => new()
    {
        Tile = name,
        Box = default,
        Width = 1000,
        Height = 1000,
        Status = error is null ? TileStatus.Done : TileStatus.Failed,
        Error = error,
        Inputs = [],
        InputsFingerprint = "",
        ModelFingerprint = "",
        SettingsFingerprint = "",
        Outputs = [],
        Windows = 25,
        WindowsComputed = 25,
        NodataPixels = 0,
        Histogram = [],
        MeanConfidence = double.NaN,
        Seconds = 12.34,
    };

    public static RunSummary Summary(bool cancelled, params TileRow[] failed) => new()
    {
        Final = At(100, 90, Block("read", 20, 60, 10, 5_000_000), Block("inference", 95, 0, 90)),
        Mapping = TimeSpan.FromSeconds(90),
        Cancelled = cancelled,
        Failed = failed,
        Areas = [("water", 1.5), ("building", 10), ("snow", 0)],
        Output = "/out",
        Products = [("map", "map.vrt"), ("index", "tiles.parquet")],
    };
}
