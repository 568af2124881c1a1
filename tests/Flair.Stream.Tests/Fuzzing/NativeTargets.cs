using Flair.Indexing;
using Flair.Patches;
using Flair.Settings;
using Flair.Source;
using Flair.Tests.Indexing;
using Scene = Flair.Tests.Source.Scene;

namespace Flair.Tests.Fuzzing;

/// <summary>Readers whose files libraries in C or C++ decode: rasters (GDAL) and Parquet (DuckDB). They run in a process of their own.</summary>
internal static class NativeTargets
{
    private const int MostRead = 1024;
    private const string Run = "run";

    private static readonly string[][] Tiffs =
    [
        ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE"], ["BLOCKYSIZE=10", "COMPRESS=LZW", "PREDICTOR=2"], ["COMPRESS=JPEG", "INTERLEAVE=PIXEL"], ["COMPRESS=PACKBITS"], ["COMPRESS=ZSTD"],
        ["BIGTIFF=YES", "INTERLEAVE=BAND"], ["ENDIANNESS=BIG"],
    ];

    private static readonly string[][] Jp2s =
        [["QUALITY=100", "REVERSIBLE=YES", "YCC=NO", "BLOCKXSIZE=64", "BLOCKYSIZE=64"], ["QUALITY=25"], ["QUALITY=100", "REVERSIBLE=YES", "PROGRESSION=RPCL", "RESOLUTIONS=3"]];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("raster-tiff", () => Rasters(".tif", 3, Tiffs), path => ReadImagery(path)) { FileName = "damaged.tif", Words = FuzzWords.Tiff, IsNative = true },
        new("raster-jp2", () => Rasters(".jp2", 3, Jp2s), path => ReadImagery(path)) { FileName = "damaged.jp2", Words = FuzzWords.Tiff, IsNative = true },
        new("raster-asc", () => Rasters(".asc", 1, [[]]), ReadHeight)
        {
            FileName = "damaged.asc",
            Words = FuzzWords.Grid,
            IsText = true,
            IsNative = true,
            KnownFault = "GDAL 3.6.2's AAIGrid driver reads the rows above a row that it cannot read again for each row below, twice as often with every one: seed 6 never ends",
            Prepare = folder => File.WriteAllBytes(Path.Combine(folder, "image.tif"), Rasters(".tif", 3, [[]])[0]),
        },
        new("patch", () => Rasters(".tif", 1, Tiffs), ReadPatch) { FileName = "damaged.tif", Words = FuzzWords.Tiff, IsNative = true },
        Index("index-fragment", layout => layout.Fragment(IndexData.Tile(0, 0).Tile)),
        Index("index-record", layout => layout.Record(IndexData.Tile(0, 0).Tile)) with { IsText = true, IsTolerant = true, Words = FuzzWords.Json },
        Index("index-slices", layout => layout.Slices),
        Index("index-tiles", layout => layout.Tiles),
    ];

    private static byte[][] Rasters(string extension, int bands, string[][] creations)
    {
        using var scene = new Scene();
        return [.. creations.Select((creation, i) => File.ReadAllBytes(scene.Write($"s{i}{extension}", 0, 0, 150, 130, new Scene.Options { Bands = bands, Creation = creation, Nodata = extension == ".tif" && i == 1 ? 255 : null })))];
    }

    private static void ReadImagery(string path) => Read(path, Scene.Product("rvb", [1, 3], path));

    private static void ReadHeight(string path) =>
        Read(path, Scene.Product("rvb", [1, 3], Path.Combine(Path.GetDirectoryName(path)!, "image.tif")), Scene.Height([path], []));

    private static void Read(string path, params ProductSettings[] inputs)
    {
        var settings = new RunSettings { Crs = "EPSG:2154", Output = path + ".out", Inputs = inputs, Model = new ModelSettings { Architecture = "resnet18_unet", Weights = "formula" } };
        var mosaic = Mosaic.Open(settings, _ => { });
        var area = mosaic.Bounds with { Width = Math.Min(mosaic.Bounds.Width, MostRead), Height = Math.Min(mosaic.Bounds.Height, MostRead) };
        using var reader = new AreaReader(mosaic, area, new ReadOptions(2, 2));
        for (var i = 0; i < reader.Strips.Count; i++)
            reader.ReadAsync(i, CancellationToken.None).GetAwaiter().GetResult().Dispose();
    }

    private static void ReadPatch(string path)
    {
        var inspection = PatchInspection.Of(path, path, [1]);
        if (inspection.ImageProblem is { } problem)
            throw new FlairException(problem);
        _ = PatchReader.ReadImage(path, [1]);
    }

    private static FuzzTarget Index(string name, Func<IndexLayout, string> file)
    {
        var relative = Path.GetRelativePath("/", file(new IndexLayout("/" + Run)));
        return new(name, () => [WholeIndex(file)], path => ReadIndex(path, relative)) { FileName = relative, IsNative = true, Prepare = folder => WriteIndex(new IndexLayout(Path.Combine(folder, Run))) };
    }

    private static byte[] WholeIndex(Func<IndexLayout, string> file)
    {
        using var output = new OutputDirectory();
        WriteIndex(output.Layout);
        return File.ReadAllBytes(file(output.Layout));
    }

    private static void WriteIndex(IndexLayout layout) =>
        IndexWriter.Compact(layout, IndexData.WriteRun(layout, 2, (x, y) => x + y == 2 ? TileStatus.Failed : TileStatus.Done), IndexData.Description);

    private static void ReadIndex(string path, string relative)
    {
        var layout = new IndexLayout(path[..^(relative.Length - Run.Length)]);
        if (path != layout.Slices && path != layout.Tiles)
            layout.Discard();
        using (var inspector = new IndexInspector(layout.Output))
        {
            _ = inspector.Summary();
            _ = inspector.SlowestTiles(3);
            _ = inspector.FailedTiles();
            using var result = inspector.Query("SELECT * FROM slices ORDER BY seconds");
            _ = result.Rows().Count();
        }

        if (path != layout.Slices && path != layout.Tiles)
            IndexWriter.Compact(layout, TileRecordFile.ReadAll(layout), IndexDescription.Load(layout));
    }
}
