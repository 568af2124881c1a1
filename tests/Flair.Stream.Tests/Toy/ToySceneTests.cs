using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Flair.Gdal;
using Flair.Source;
using Flair.Toy;

namespace Flair.Tests.Toy;

public sealed class ToySceneTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"flair-toy-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, true);
    }

    [Fact]
    public void A_scene_is_whole_the_same_every_time_and_not_made_twice()
    {
        ToyManifest first = Make("a", 2, 1, 300);
        ToyManifest second = Make("b", 2, 1, 300);
        Assert.True(first.Complete);
        Assert.Equal(10, first.Files.Count);
        Assert.Equal([.. first.Files.Keys.Order(StringComparer.Ordinal), ToyManifest.FileName], FilesIn("a"));
        foreach (string file in FilesIn("a"))
            Assert.True(Hash("a", file).SequenceEqual(Hash("b", file)), file);
        Assert.False(second.WasThere);

        DateTime written = File.GetLastWriteTimeUtc(At("a", ToyManifest.FileName));
        Assert.True(Make("a", 2, 1, 300).WasThere);
        Assert.Equal(written, File.GetLastWriteTimeUtc(At("a", ToyManifest.FileName)));
    }

    [Fact]
    public void A_scene_with_a_file_missing_or_torn_is_mended()
    {
        ToyManifest first = Make("a", 1, 1, 100);
        string missing = first.Files.Keys.First(f => f.EndsWith(".jp2", StringComparison.Ordinal)), torn = first.Files.Keys.First(f => f.StartsWith("LABELS", StringComparison.Ordinal));
        byte[] before = Hash("a", missing), label = Hash("a", torn);
        File.Delete(At("a", missing));
        File.WriteAllText(At("a", torn), "torn");
        Assert.False(Make("a", 1, 1, 100).WasThere);
        Assert.Equal(before, Hash("a", missing));
        Assert.Equal(label, Hash("a", torn));
    }

    [Fact]
    public void Another_scene_in_the_folder_is_refused_unless_forced()
    {
        Make("a", 2, 1, 64);
        FlairException refused = Assert.Throws<FlairException>(() => Make("a", 1, 1, 64));
        Assert.Contains("--tiles 2x1 --size 64 --seed 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--force", refused.Message, StringComparison.Ordinal);
        ToyManifest forced = ToyScene.Create(new ToyOptions { Directory = At("a", ""), TilesX = 1, TilesY = 1, Size = 64, Force = true });
        Assert.Equal([.. forced.Files.Keys, ToyManifest.FileName], FilesIn("a"));
    }

    [Fact]
    public void More_tiles_extend_the_scene_without_a_seam()
    {
        ToyManifest one = Make("a", 1, 1, 120), four = Make("b", 2, 2, 120);
        string label = one.Files.Keys.Single(f => f.StartsWith("LABELS", StringComparison.Ordinal));
        Assert.Contains(label, four.Files.Keys);
        Assert.Equal(Read<byte>("a", label), Read<byte>("b", label));
        string image = one.Files.Keys.First(f => f.EndsWith(".jp2", StringComparison.Ordinal));
        Assert.Equal(Hash("a", image), Hash("b", image));
    }

    [Fact]
    public void Files_are_named_and_georeferenced_as_IGN_does()
    {
        ToyManifest scene = Make("a", 2, 2, 128);
        string[] images = [.. scene.Files.Keys.Where(f => f.EndsWith(".jp2", StringComparison.Ordinal))];
        Assert.Equal(8, images.Length);
        Assert.All(images, f => Assert.Matches(new Regex(@"/OHR_(RVB|IRC)_0M20_JP2-E080_LAMB93_D033-2024/33-2024-\d+-\d+-LA93-0M20-E080\.jp2$"), f));
        var layout = new ToyLayout(scene);
        using (Raster image = Raster.Open(At("a", layout.Irc(1, 1))))
        {
            Assert.Equal([ToyWorld.OriginX + 25.6, 0.2, 0, ToyWorld.OriginY - 25.6, 0, -0.2], image.GeoTransform!.Select(x => Math.Round(x, 6)));
            Assert.Contains("Lambert-93", image.CrsWkt, StringComparison.Ordinal);
            Assert.Equal(3, image.BandCount);
        }

        // On its own grid, half a cell off, and some metres larger than the imagery.
        using Raster surface = Raster.Open(At("a", layout.Mns(0, 0)));
        double[] transform = surface.GeoTransform!;
        Assert.Equal(ToyWorld.OriginX - 4.25, transform[0]);
        Assert.Equal(ToyWorld.OriginY + 4.25, transform[3]);
        Assert.Equal(0.5, transform[1]);
        GridRect left = layout.Cells(layout.Pixels(0, 0)), right = layout.Cells(layout.Pixels(1, 0));
        Assert.Equal(left.Right, right.X);
        Assert.Equal((surface.Width, surface.Height), (left.Width, left.Height));
    }

    [Theory]
    [InlineData(5000, 1, "33-2024-0411-6425-LA93-0M20-E080.jp2")]
    [InlineData(25000, 2, "33-2024-0420-6425-LA93-0M20-E080.jp2")]
    [InlineData(1000, 1, "33-2024-0410200-6425000-LA93-0M20-E080.jp2")]
    [InlineData(512, 1, "33-2024-04101024-64250000-LA93-0M20-E080.jp2")]
    public void Dalles_are_named_after_their_north_west_corner(int size, int tileX, string name)
    {
        var layout = new ToyLayout(ToyLayout.Plan(new ToyOptions { Directory = "x", TilesX = 3, TilesY = 1, Size = size }));
        Assert.Equal(name, Path.GetFileName(layout.Rvb(tileX, 0)));
    }

    [Fact]
    public void Patches_lie_across_tile_borders_and_are_listed()
    {
        ToyManifest scene = Make("a", 2, 2, 260);
        Assert.Equal(1, scene.PatchCount);
        var layout = new ToyLayout(scene);
        byte[] mask = Read<byte>("a", layout.Mask(0)), corner = Read<byte>("a", layout.Label(1, 1));
        for (int row = 260; row < 512; row++)
            Assert.True(mask.AsSpan((row * 512) + 260, 252).SequenceEqual(corner.AsSpan((row - 260) * 260, 252)));
        using (Raster image = Raster.Open(At("a", layout.Image(0))))
            Assert.Equal((5, 512, 512), (image.BandCount, image.Width, image.Height));
        string[] row0 = File.ReadAllText(At("a", layout.Csv("train"))).Trim().Split(',');
        Assert.Equal(["toy_aerial/D033_2024/Z1_AU/img/IMG_000001.tif", "toy_labels/D033_2024/Z1_AU/msk/MSK_000001.tif"], row0);
        Assert.All(row0, path => Assert.True(File.Exists(At("a", $"{scene.PatchFolder}/{path}"))));
    }

    [Fact]
    public void The_height_band_of_a_patch_is_surface_minus_terrain()
    {
        ToyManifest scene = ToyScene.Create(new ToyOptions { Directory = At("a", ""), TilesX = 2, TilesY = 1, Size = 520, Seed = 1 });
        var layout = new ToyLayout(scene);
        using Raster image = Raster.Open(At("a", layout.Image(1))), mask = Raster.Open(At("a", layout.Mask(1)));
        var height = new byte[512 * 512];
        var label = new byte[512 * 512];
        image.Read<byte>(0, 0, 512, 512, [5], height);
        mask.Read<byte>(0, 0, 512, 512, [1], label);
        ToyCanvas drawn = ToyRegion.Paint(new ToyWorld(1), 512, 0, 512, 512);
        Assert.Equal(drawn.Label, label);
        // Resampling twice blurs edges; on the whole the band is the height in 0.2 m units.
        double[] off = [.. height.Select((value, at) => Math.Abs((value * 0.2) - drawn.Above[at]))];
        Assert.True(off.Average() < 0.5, $"mean difference {off.Average():0.00} m");
        Assert.Contains(height, value => value > 30);
    }

    [Fact]
    public void The_imagery_can_leave_its_reference_system_out()
    {
        ToyManifest scene = ToyScene.Create(new ToyOptions { Directory = At("a", ""), TilesX = 1, TilesY = 1, Size = 64, WriteCrs = false });
        using Raster image = Raster.Open(At("a", new ToyLayout(scene).Rvb(0, 0)));
        Assert.DoesNotContain("Lambert", image.CrsWkt, StringComparison.Ordinal);
        Assert.Equal(ToyWorld.OriginX, image.GeoTransform![0]);
    }

    [Theory]
    [InlineData(0, 1, 100)]
    [InlineData(1, 1, 8)]
    [InlineData(1, 1, 30000)]
    public void Impossible_options_get_one_clear_line(int tilesX, int tilesY, int size)
    {
        FlairException refused = Assert.Throws<FlairException>(() => ToyScene.Create(new ToyOptions { Directory = At("a", ""), TilesX = tilesX, TilesY = tilesY, Size = size }));
        Assert.DoesNotContain('\n', refused.Message);
        Assert.False(Directory.Exists(At("a", "")));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(At("file", ""), "");
        FlairException refused = Assert.Throws<FlairException>(() => Make("file/scene", 1, 1, 64));
        Assert.Contains("file/scene", refused.Message, StringComparison.Ordinal);
    }

    private ToyManifest Make(string name, int tilesX, int tilesY, int size) =>
        ToyScene.Create(new ToyOptions { Directory = At(name, ""), TilesX = tilesX, TilesY = tilesY, Size = size, Seed = 1 });

    private string At(string name, string file) => file.Length == 0 ? Path.Combine(_folder, name) : Path.Combine(_folder, name, file);

    private IEnumerable<string> FilesIn(string name) =>
        Directory.EnumerateFiles(At(name, ""), "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(At(name, ""), f)).Order(StringComparer.Ordinal);

    private byte[] Hash(string name, string file) => SHA256.HashData(File.ReadAllBytes(At(name, file)));

    private T[] Read<T>(string name, string file)
        where T : unmanaged
    {
        using Raster raster = Raster.Open(At(name, file));
        var values = new T[raster.Width * raster.Height];
        raster.Read<T>(0, 0, raster.Width, raster.Height, [1], values);
        return values;
    }
}
