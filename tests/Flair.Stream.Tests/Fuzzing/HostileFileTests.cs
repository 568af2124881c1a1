using System.Text;
using Flair.Calibrating;
using Flair.Checkpoints;
using Flair.Indexing;
using Flair.Nomenclatures;
using Flair.Patches;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Tests.Indexing;
using Scene = Flair.Tests.Source.Scene;

namespace Flair.Tests.Fuzzing;

/// <summary>Files made to do harm: to make hours of seconds, many lines of one, a crash of an error.</summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flair-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Aliases_of_aliases_are_counted()
    {
        var yaml = new StringBuilder("a: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
            yaml.Append($"b{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("more than 200000 values", Refusal(() => SettingsFile.Read(Write("p.yaml", yaml.ToString()), SettingsOverrides.None)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_unknown_keys_are_told_in_a_hundred_lines()
    {
        var yaml = string.Concat(Enumerable.Range(0, 90_000).Select(i => $"key{i}: 1\n"));
        var lines = Assert.Throws<FlairException>(() => SettingsFile.Read(Write("p.yaml", yaml), SettingsOverrides.None)).Message.Split('\n');
        Assert.Equal(101, lines.Length);
        Assert.Contains("more", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_a_megabyte_is_no_message_of_a_megabyte() =>
        Assert.InRange(Assert.Throws<FlairException>(() => SettingsFile.Read(Write("p.yaml", $"\"{new string('a', 1 << 20)}\": 1"), SettingsOverrides.None)).Message.Split('\n')[0].Length, 10, 4096);

    [Fact]
    public void A_file_without_end_is_not_read_to_its_end()
    {
        Assert.Contains("16 MiB", Refusal(() => SettingsFile.Read("/dev/zero", SettingsOverrides.None)), StringComparison.Ordinal);
        Assert.Contains("MiB", Refusal(() => Nomenclature.Load("/dev/zero")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\n\"a\\nb\\e[31m\": 1\n\"a\\nb\\e[31m\": 2", "given twice")]
    [InlineData("\"a\\nb\"", "expected 'key: value'")]
    public void What_a_settings_file_says_does_not_break_lines(string yaml, string expected) => Assert.Contains(
        Assert.Throws<FlairException>(() => SettingsFile.Read(Write("p.yaml", yaml), SettingsOverrides.None)).Message.Split('\n'),
        line => line.Contains(expected, StringComparison.Ordinal) && line.StartsWith(_folder, StringComparison.Ordinal) && !line.Any(char.IsControl));

    [Fact]
    public void What_a_nomenclature_says_does_not_break_lines() => Refusal(() => Nomenclature.Load(Write("n.yaml", "- { \"a\\nb\": 1 }")));

    [Theory]
    [InlineData("inputs", "[{ name: a0, path: x.tif, bands: [1] }", 70)]
    [InlineData("bands", "[1", 2000)]
    public void Nobody_has_so_many_products_or_bands(string key, string first, int count)
    {
        var list = key == "bands" ? first + string.Concat(Enumerable.Repeat(", 1", count)) + "]"
            : first + string.Concat(Enumerable.Range(1, count).Select(i => $", {{ name: a{i}, path: x.tif, bands: [1] }}")) + "]";
        var rest = key == "bands" ? "\ninput: x.tif" : "";
        var yaml = $"{key}: {list}{rest}\nmodel: {{ architecture: resnet18_unet, weights: formula }}\nnormalization: {{ type: scaling }}\noutput: out\n";
        Assert.Contains("are the most", Refusal(() => SettingsFile.Read(Write("p.yaml", yaml), SettingsOverrides.None)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_a_megabyte_is_never_written_out()
    {
        // The magic number's place of torch.save's older format: a LONG4 whose decimal digits would take minutes.
        byte[] pickle = [0x80, 2, 0x8b, .. BitConverter.GetBytes(1 << 20), .. Enumerable.Repeat((byte)0x7f, 1 << 20), (byte)'.'];
        var path = Path.Combine(_folder, "w.pth");
        File.WriteAllBytes(path, pickle);
        Assert.Contains("a whole number of 1048576 bytes", Refusal(() => CheckpointReader.Read(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dimension_of_npy_with_a_line_feed_is_one_line()
    {
        var path = Path.Combine(_folder, "x.npy");
        var header = Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1\n1,), }\n");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header, 0, 0, 0, 0]);
        Refusal(() => NpyFile.ReadFloat32(path));
    }

    [Fact]
    public void A_calibration_of_null_is_none_and_one_of_zeros_has_ordinary_steps()
    {
        var path = Write("w.pth.int8.json", CalibrationSample.Whole.Replace("[3,4]", "null", StringComparison.Ordinal));
        Assert.Contains("calibrate", Refusal(() => CalibrationSample.Read(path)), StringComparison.Ordinal);
        CalibrationSample.Read(Write("w.pth.int8.json", CalibrationSample.Whole.Replace("[1.5,2.25,0]", "[0,0,0]", StringComparison.Ordinal)));
        Assert.NotNull(Calibration.Find(Path.Combine(_folder, "w.pth"), "model"));
    }

    [Theory]
    [InlineData("\"width\":1000", "\"width\":-1")]
    [InlineData("\"modified\":638400000000000000", "\"modified\":9223372036854775807")]
    [InlineData("\"nodata_pixels\":250000", "\"nodata_pixels\":1000001")]
    [InlineData("\"histogram\":[500000", "\"histogram\":[-1")]
    [InlineData("\"outputs\":[", "\"outputs\":[null,")]
    [InlineData("\"inputs\":[", "\"inputs\":[null,")]
    public void A_tile_record_that_no_run_wrote_is_absent(string from, string to)
    {
        var path = Path.Combine(_folder, "t.json");
        TileRecordFile.Write(path, IndexData.Tile(1, 2));
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        Assert.False(TileRecordFile.TryRead(path, out _, out var reason));
        Assert.Contains("no run writes", reason, StringComparison.Ordinal);
    }

    /// <summary>What it names is not removed for that: <c>TilePruning</c> looks where it lies.</summary>
    [Fact]
    public void A_record_of_a_flair_1_run_names_its_raster_beside_the_work_folder()
    {
        var path = Path.Combine(_folder, "t.json");
        TileRecordFile.Write(path, IndexData.Tile(1, 2) with { Outputs = [new("../map.tif", 1, "aa")] });
        Assert.True(TileRecordFile.TryRead(path, out _, out var reason), reason);
    }

    [Fact]
    public void A_record_under_another_tiles_name_is_absent()
    {
        var layout = new IndexLayout(_folder);
        TileRecordFile.Write(layout.Record("a"), IndexData.Tile(0, 0));
        Assert.Empty(TileRecordFile.ReadAll(layout));
    }

    [Fact]
    public void A_fragment_at_infinity_is_refused()
    {
        var layout = new IndexLayout(_folder);
        var tiles = IndexData.WriteRun(layout, 1);
        IndexData.WriteFragment(layout.Fragment(tiles[0].Tile), [.. IndexData.Slices(0, 0).Select(row => row with { WindowBox = row.WindowBox with { Right = double.PositiveInfinity } })]);
        Assert.Contains("at infinity", Refusal(() => IndexWriter.Compact(layout, tiles, IndexData.Description)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9001", "9001")]
    [InlineData("UNIT[\\u0022metre\\u0022,1,", "UNIT[\\u0022metre\\u0022,1-2,")]
    [InlineData("#db0e9a", "#fffffffffffff")]
    [InlineData("\"index\":1", "\"index\":-1")]
    public void A_description_of_an_index_is_whole_or_refused(string from, string to)
    {
        var layout = new IndexLayout(_folder);
        IndexData.Description.Save(layout);
        var text = File.ReadAllText(layout.Description);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(layout.Description, text.Replace(from, to, StringComparison.Ordinal));
        if (from.StartsWith('#') || from.StartsWith('"'))
            Refusal(() => IndexDescription.Load(layout));
        else
            Assert.Equal(4e-6, IndexDescription.Load(layout).HectaresPerPixel!.Value, 12);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"Version":1,"Software":null,"Settings":null,"Model":null,"ModelFingerprint":null,"Grid":null,"Pipeline":null}""")]
    [InlineData("""{"Version":1,"Software":"","Settings":"","Model":"a\n\u001b[31mb","ModelFingerprint":"x","Grid":"","Pipeline":""}""")]
    public void An_identity_that_is_none_is_no_leave_to_go_on(string json)
    {
        var layout = new OutputLayout(Flair.Tests.Running.Scene.Settings("input", _folder));
        Directory.CreateDirectory(layout.Index.Records);
        File.WriteAllText(Path.Combine(layout.Index.Records, "t.json"), "");
        File.WriteAllText(layout.RunFile, json);
        Refusal(() => RunDirectory.Check(layout, new(1, "1", "s", "m", "f", "g", "p")));
    }

    [Theory]
    [InlineData("""{ "\ud800": 1, "a": { "date": "\ud800" } }""")]
    [InlineData("""{ "a": { "patch_centroid_x": 1, "patch_centroid_y": 2, "patch_centroid_z": 3, "date": "x\ny\u001b", "time": "9h05", "camera": "UCE" } }""")]
    public void Metadata_that_are_no_text_are_named(string json) => Refusal(() => AerialMetadata.Read(Write("m.json", json), [new("a.tif", null, 1)]));

    [Theory]
    [InlineData(1e-300, "from the origin")]
    [InlineData(double.NaN, "infinite or undefined")]
    public void A_raster_lies_where_numbers_reach(double pixel, string expected)
    {
        using var scene = new Scene();
        scene.Write("a.tif", 0, 0, 8, 8, new Scene.Options { Pixel = pixel });
        Assert.Contains(expected, Refusal(() => scene.Open(Scene.Product("rvb", [1], scene["a.tif"]))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2_000_000, 4, 256, "1048576 a side")]
    [InlineData(1_000_000, 1_000_000, 256, "in all are the most")]
    [InlineData(100_000, 100_000, 100_000, "a row of which takes")]
    public void A_header_does_not_decide_how_much_memory_is_taken(int width, int height, int blockHeight, string expected) => Assert.Contains(
        expected,
        RasterBounds.ProblemOf(new RasterInfo
        {
            Path = "a.tif",
            Driver = "GTiff",
            Width = width,
            Height = height,
            BlockWidth = width,
            BlockHeight = blockHeight,
            GeoTransform = null,
            CrsWkt = "",
            Bands = [default],
            HasMask = false,
            Bytes = 1000,
            Modified = 0,
            Dalle = null,
        }),
        StringComparison.Ordinal);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Refusal(Action read)
    {
        var message = Assert.Throws<FlairException>(read).Message;
        Assert.DoesNotContain(message, char.IsControl);
        return message;
    }
}
