using System.Text;
using Flair.Checkpoints;
using Flair.Indexing;
using Flair.Nomenclatures;
using Flair.Patches;
using Flair.Running;
using Flair.Settings;
using Flair.Tests.Checkpoints;
using Flair.Tests.Indexing;
using Flair.Training;

namespace Flair.Tests.Fuzzing;

/// <summary>Every reader of ours that takes a file from elsewhere. Those of rasters and Parquet are in <see cref="NativeTargets"/>.</summary>
internal static class FuzzTargets
{
    private static readonly string[] s_zipCheckpoints = ["tensors.pth", "lightning.ckpt", "views.pth", "views_deflated.pth", "views_protocol4.pt", "views.ckpt", "sparse.pth", "whole_module.pth"];
    private static readonly string[] s_trainings = ["training.ckpt", "training_adam.ckpt", "training_midway.ckpt"];
    private static readonly string[] s_lists = ["train", "val", "test"];
    private static readonly string[] s_npy = ["f2.npy", "f4.npy", "f8.npy", "fortran.npy", "i4.npy", "u1.npy", "scalar.npy", "empty.npy", "version2.npy", "version3.npy"];

    /// <summary>All, ours first.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } = [.. Ours(), .. NativeTargets.All];

    /// <summary>The one of that name.</summary>
    public static FuzzTarget Named(string name) => All.Single(target => target.Name == name);

    private static IEnumerable<FuzzTarget> Ours()
    {
        yield return Yaml("pipeline", Pipelines("bdortho-rvbie.yaml", "rgb-one-raster.yaml", "demo.yaml"), path => ReadDetection(path));
        yield return Yaml("flair-1-detect", Pipelines("flair-1-config-detect.yaml"), path => ReadDetection(path));
        yield return Yaml("flair-1-training", [.. Pipelines("flair-1-config.yaml"), .. Historical()], path => ReadTraining(path)) with
        {
            Prepare = folder => Array.ForEach(s_lists, list => File.WriteAllText(Path.Combine(folder, list + ".csv"), "")),
        };
        yield return Yaml("nomenclature", [Encoding.UTF8.GetBytes(Classes)], path => Nomenclature.Load(path)) with { HasManyLines = false };
        yield return Checkpoint("checkpoint-zip", s_zipCheckpoints) with { Inside = Containers.Zip };
        yield return Checkpoint("checkpoint-legacy", ["tensors_legacy.pth", "views_legacy.pth"]);
        yield return Checkpoint("safetensors", ["tensors.safetensors"]) with { Words = FuzzWords.Json, Inside = Containers.Safetensors };
        yield return Checkpoint("training-checkpoint", s_trainings) with { Read = path => TrainingCheckpointReader.Read(path), Inside = Containers.Zip };
        yield return new("npy", () => [.. s_npy.Select(name => Data("Data", "npy", name))], path => NpyFile.ReadFloat32(path)) { Words = FuzzWords.Npy, Inside = Containers.Npy };
        yield return Json("calibration", Json(CalibrationSample.Whole), CalibrationSample.Read) with { FileName = "w.pth.int8.json" };
        yield return Json("tile-record", TileRecords(), ReadRecord);
        yield return Json("index-description", [Written(folder => IndexData.Description.Save(new IndexLayout(folder)), ".flair/index.json")], path => _ = IndexDescription.Load(LayoutOf(path)).HectaresPerPixel) with
        {
            FileName = ".flair/index.json",
            Prepare = folder => Directory.CreateDirectory(Path.Combine(folder, ".flair")),
        };
        yield return RunFile();
        yield return Json("metadata", [Data("Patches", "Data", "metadata_aerial.json")], path => AerialMetadata.Read(path, [new("IMG_000001.tif", null, 1), new("IMG_000002.tif", null, 2)])) with { HasManyLines = true };
        yield return new("patch-list", () => [Encoding.UTF8.GetBytes("a/img1.tif,a/msk1.tif\n\"b, c/img2.tif\",b/msk2.tif,more\n\nimg3.tif\n")], path => PatchList.Read(path)) { IsText = true, Words = FuzzWords.Csv };
        yield return Json("history", [File.ReadAllBytes(Path.Combine(Repository.Root, "pipelines", "demo", "history.json"))], path => HistoryFile.Read(Path.GetDirectoryName(path)!)) with { FileName = HistoryFile.JsonName };
    }

    private const string Classes = """
        - { name: building, color: "#db0e9a" }
        - { name: water, color: "#1553ae", active: true }
        - name: other
          color: '#000000'
          active: false
        """;

    private static FuzzTarget Yaml(string name, IEnumerable<byte[]> samples, Action<string> read) =>
        new(name, () => [.. samples], read) { IsText = true, HasManyLines = true, Words = FuzzWords.Yaml, FileName = "damaged.yaml" };

    private static FuzzTarget Json(string name, IEnumerable<byte[]> samples, Action<string> read) =>
        new(name, () => [.. samples], read) { IsText = true, Words = FuzzWords.Json, FileName = "damaged.json" };

    private static FuzzTarget Checkpoint(string name, IEnumerable<string> files) =>
        new(name, () => [.. files.Select(file => File.ReadAllBytes(CheckpointFixtures.PathOf(file)))], path => CheckpointReader.Read(path)) { Words = FuzzWords.Pickle };

    private static IEnumerable<byte[]> Pipelines(params string[] names) => names.Select(name => File.ReadAllBytes(Path.Combine(Repository.Root, "pipelines", name)));

    private static IEnumerable<byte[]> Historical() =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Settings", "Data", "flair-1-config"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    private static byte[] Data(params string[] parts) => File.ReadAllBytes(Path.Combine([AppContext.BaseDirectory, .. parts]));

    /// <summary>What a writer of ours leaves.</summary>
    private static byte[] Written(Action<string> write, string file)
    {
        var folder = Directory.CreateTempSubdirectory("flair-fuzz-sample-").FullName;
        try
        {
            write(folder);
            return File.ReadAllBytes(Path.Combine(folder, file));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[][] Json(string text) => [Encoding.UTF8.GetBytes(text)];

    private static byte[][] TileRecords() =>
        [.. new[] { TileStatus.Done, TileStatus.Failed }.Select(status => Written(folder => TileRecordFile.Write(Path.Combine(folder, "t.json"), IndexData.Tile(1, 2, status)), "t.json"))];

    private static IndexLayout LayoutOf(string path) => new(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!);

    private static void ReadDetection(string path)
    {
        var settings = SettingsFile.Read(path, new() { Weights = "formula" });
        _ = SettingsFingerprint.Canonical(settings, "cpu");
        _ = RunSettingsText.ToYaml(settings);
    }

    private static void ReadTraining(string path) =>
        _ = TrainingFingerprint.Of(TrainingSettingsFile.Parse(SettingsFile.Load(path), path, Lists(Path.GetDirectoryName(path)!), null, () => 0)).Hash;

    // A damaged file would else be refused for the lists that it names and that are not here.
    private static string[] Lists(string folder) => [.. s_lists.Select(list => $"paths.{list}_csv={Path.Combine(folder, list + ".csv")}")];

    private static void ReadRecord(string path)
    {
        if (!TileRecordFile.TryRead(path, out _, out var reason))
            throw new FlairException(reason);
    }

    private static FuzzTarget RunFile()
    {
        var identity = new RunIdentity(RunIdentity.CurrentVersion, "1.0", "window 512\nmargin 128", "resnet34_unet", "aa", "EPSG:2154", "input: x\n");
        return Json("run", [Written(folder => RunDirectory.Save(Layout(folder), identity), ".flair/run.json")], path => RunDirectory.Check(Layout(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!), identity)) with
        {
            FileName = ".flair/run.json",
            Prepare = folder =>
            {
                // Without a record the directory would count as unused.
                Directory.CreateDirectory(Layout(folder).Index.Records);
                File.WriteAllText(Path.Combine(Layout(folder).Index.Records, "t.json"), "");
            },
        };

        static OutputLayout Layout(string folder)
        {
            Directory.CreateDirectory(Path.Combine(folder, ".flair"));
            return new(Flair.Tests.Running.Scene.Settings("input", folder));
        }
    }
}
