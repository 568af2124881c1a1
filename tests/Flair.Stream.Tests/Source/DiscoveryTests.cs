using Flair.Source;

namespace Flair.Tests.Source;

public sealed class DiscoveryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flair-find-").FullName;
    private readonly List<string> _notices = [];
    private readonly List<string> _problems = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("", "b/c/4.JP2 b/2.tif 1.tif 3.tiff")]
    [InlineData("*", "1.tif 3.tiff")]
    [InlineData("*.tif", "1.tif")]
    [InlineData("**/*.tif", "b/2.tif 1.tif")]
    [InlineData("**", "b/c/4.JP2 b/2.tif 1.tif 3.tiff")]
    [InlineData("b/**/?.*", "b/c/4.JP2 b/2.tif")]
    [InlineData("*/c/*.JP2", "b/c/4.JP2")]
    [InlineData("*.xml", "1.xml 1.tif.aux.xml")]
    [InlineData(".h*.tif", ".hidden.tif")]
    [InlineData("1.xml", "1.xml")]
    public void Finds(string path, string expected)
    {
        Fill("1.tif", "1.xml", "1.tif.aux.xml", "1.tab", "a.csv", "b/2.tif", "b/2.qml", "b/c/4.JP2", "3.tiff", ".hidden.tif", ".git/5.tif", "z.asc", "1.tif.ovr");
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), Find(path));
        Assert.Empty(_problems);
    }

    [Fact]
    public void Takes_each_once_in_order_of_path()
    {
        Fill("b.tif", "a.tif", "z/c.asc");
        Assert.Equal(["a.tif", "b.tif", "z/c.asc"], Find(["b.tif", "", "*.tif", "./a.tif"], elevation: true));
    }

    [Fact]
    public void A_VRT_beside_its_rasters_is_left_out_and_said()
    {
        Fill("a.tif", "all.vrt", "v/only.vrt");
        Assert.Equal(["a.tif"], Find(""));
        Assert.Contains("all.vrt", Assert.Single(_notices), StringComparison.Ordinal);
        Assert.Equal(["v/only.vrt"], Find("v"));
        Assert.Equal(["all.vrt"], Find("all.vrt"));
    }

    [Fact]
    public void A_map_below_its_inputs_is_not_taken_for_imagery()
    {
        Fill("a.tif", "map/tiles/a.tif", "map/map.vrt", "map/.flair/run.json", "map/scene/b.tif", "tiles/c.tif");
        Assert.Equal(["a.tif", "map/scene/b.tif", "tiles/c.tif"], Find(""));
        Assert.Equal(["a.tif", "map/scene/b.tif", "tiles/c.tif"], Find("**/*.tif"));
        Assert.Equal(["map/tiles/a.tif"], Find("map/tiles"));
    }

    [Fact]
    public void Says_what_names_nothing()
    {
        Fill("x/readme.txt");
        Assert.Empty(Find(["x", "*.tif", "gone.tif", "gone/*.tif"], elevation: false));
        Assert.Equal(4, _problems.Count);
        Assert.Contains("x holds no raster (.tif .tiff .jp2", _problems[0], StringComparison.Ordinal);
        Assert.Contains("no raster matches ", _problems[1], StringComparison.Ordinal);
        Assert.Contains("gone.tif does not exist", _problems[2], StringComparison.Ordinal);
        Assert.Contains("no raster matches ", _problems[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Links_that_go_round_end()
    {
        Fill("a/1.tif");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "a", "loop"), _folder);
        Assert.Equal(["a/1.tif"], Find(""));
    }

    private void Fill(params string[] files)
    {
        foreach (var file in files.Select(name => Path.Combine(_folder, name)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "");
        }
    }

    private IEnumerable<string> Find(string path) => Find([path], elevation: false);

    private IEnumerable<string> Find(string[] paths, bool elevation) =>
        new RasterDiscovery(elevation, _notices.Add).Find(paths.Select(path => Path.Combine(_folder, path)), _problems.Add)
            .Select(found => Path.GetRelativePath(_folder, found.Path)).ToList();
}
