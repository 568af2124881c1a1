using System.Globalization;
using Flair.Source;

namespace Flair.Toy;

/// <summary>
/// Where the files of a scene are, by BD ORTHO's and LiDAR HD's own conventions, and which pixels each holds. A dalle is named after the
/// north-west corner of its pixels in whole kilometres, four digits. Corners of smaller tiles do not fall on kilometres: their names give
/// metres, seven digits, or decimetres, eight digits. The georeference in the file is what counts.
/// </summary>
internal sealed class ToyLayout
{
    /// <summary>Metres that the elevation reaches over the scene's edges.</summary>
    public const int ElevationOver = 4;

    private const string Delivery = "ORTHOHR/1_DONNEES_LIVRAISON_2024-12-00033";

    private readonly ToyManifest _scene;

    public ToyLayout(ToyManifest scene) => _scene = scene;

    /// <summary>The manifest of a scene that is not yet complete.</summary>
    public static ToyManifest Plan(ToyOptions options)
    {
        int across = options.Patches ? options.TilesX * options.Size / options.PatchSize : 0, down = options.Patches ? options.TilesY * options.Size / options.PatchSize : 0;
        return new ToyManifest
        {
            Version = ToyManifest.CurrentVersion,
            TilesX = options.TilesX,
            TilesY = options.TilesY,
            Size = options.Size,
            Seed = options.Seed,
            Patches = options.Patches,
            PatchSize = options.PatchSize,
            WriteCrs = options.WriteCrs,
            Rvb = $"{Delivery}/OHR_RVB_0M20_JP2-E080_LAMB93_D033-2024",
            Irc = $"{Delivery}/OHR_IRC_0M20_JP2-E080_LAMB93_D033-2024",
            Mns = "LIDARHD/MNS",
            Mnt = "LIDARHD/MNT",
            Labels = "LABELS",
            PatchFolder = across * down > 0 ? "PATCHES" : "",
            PatchCount = across * down,
        };
    }

    /// <summary>Patches from west to east.</summary>
    public int PatchesAcross => _scene.TilesX * _scene.Size / _scene.PatchSize;

    /// <summary>The pixels of a tile.</summary>
    public GridRect Pixels(int tileX, int tileY) => new(tileX * _scene.Size, tileY * _scene.Size, _scene.Size, _scene.Size);

    /// <summary>
    /// The 0.5 m elevation cells whose middles lie on some pixels of the scene, and a few metres more at the scene's edges. Cell (k, m) has
    /// its middle k / 2 metres east and m / 2 metres south of the origin, so the grid is offset from the imagery's by half a cell.
    /// </summary>
    public GridRect Cells(GridRect pixels)
    {
        const int over = 2 * ElevationOver;
        int left = CeilingDivide(2 * pixels.X, 5) - (pixels.X == 0 ? over : 0), right = CeilingDivide(2 * pixels.Right, 5) + (pixels.Right == _scene.TilesX * _scene.Size ? over : 0);
        int top = CeilingDivide(2 * pixels.Y, 5) - (pixels.Y == 0 ? over : 0), bottom = CeilingDivide(2 * pixels.Bottom, 5) + (pixels.Bottom == _scene.TilesY * _scene.Size ? over : 0);
        return new GridRect(left, top, right - left, bottom - top);
    }

    public string Rvb(int tileX, int tileY) => $"{_scene.Rvb}/{Dalle(tileX, tileY)}.jp2";

    public string Irc(int tileX, int tileY) => $"{_scene.Irc}/{Dalle(tileX, tileY)}.jp2";

    public string Label(int tileX, int tileY) => $"{_scene.Labels}/{Dalle(tileX, tileY)}.tif";

    public string Mns(int tileX, int tileY) => $"{_scene.Mns}/{Elevation(tileX, tileY, "MNS")}.tif";

    public string Mnt(int tileX, int tileY) => $"{_scene.Mnt}/{Elevation(tileX, tileY, "MNT")}.tif";

    /// <summary>The files of a tile.</summary>
    public string[] TileFiles(int tileX, int tileY) => [Rvb(tileX, tileY), Irc(tileX, tileY), Label(tileX, tileY), Mns(tileX, tileY), Mnt(tileX, tileY)];

    /// <summary>The image of a patch, counted from 0.</summary>
    public string Image(int patch) => $"{_scene.PatchFolder}/toy_aerial/D033_2024/{Zone(patch)}/img/IMG_{patch + 1:D6}.tif";

    /// <summary>The mask of a patch, counted from 0.</summary>
    public string Mask(int patch) => $"{_scene.PatchFolder}/toy_labels/D033_2024/{Zone(patch)}/msk/MSK_{patch + 1:D6}.tif";

    /// <summary>The CSV file of a split: <c>train</c>, <c>val</c> or <c>test</c>.</summary>
    public string Csv(string split) => $"{_scene.PatchFolder}/flair-toy-paths-{split}.csv";

    /// <summary>The split that a patch belongs to: of five in a row three train, one validates and one tests.</summary>
    public static string Split(int patch) => (patch % 5) switch { 2 => "test", 4 => "val", _ => "train" };

    /// <summary>Every file of the scene but the manifest.</summary>
    public IEnumerable<string> AllFiles()
    {
        for (int y = 0; y < _scene.TilesY; y++)
        {
            for (int x = 0; x < _scene.TilesX; x++)
            {
                foreach (string file in TileFiles(x, y))
                    yield return file;
            }
        }

        for (int patch = 0; patch < _scene.PatchCount; patch++)
        {
            yield return Image(patch);
            yield return Mask(patch);
        }

        if (_scene.PatchCount > 0)
        {
            yield return Csv("train");
            yield return Csv("val");
            yield return Csv("test");
        }
    }

    private string Dalle(int tileX, int tileY) => $"33-2024-{Corner(tileX, tileY)}-LA93-0M20-E080";

    private string Elevation(int tileX, int tileY, string product) =>
        $"LHD_FXX_{Corner(tileX, tileY).Replace('-', '_')}_{product}_0M50_LAMB93_IGN69";

    private string Zone(int patch) => $"Z{(patch / PatchesAcross) + 1}_AU";

    private string Corner(int tileX, int tileY)
    {
        // In decimetres: a pixel is two.
        long step = 2L * _scene.Size, x = (10L * ToyWorld.OriginX) + (tileX * step), y = (10L * ToyWorld.OriginY) - (tileY * step);
        (long unit, string format) = step % 10_000 == 0 ? (10_000L, "D4") : step % 10 == 0 ? (10L, "D7") : (1L, "D8");
        return $"{(x / unit).ToString(format, CultureInfo.InvariantCulture)}-{(y / unit).ToString(format, CultureInfo.InvariantCulture)}";
    }

    private static int CeilingDivide(int a, int b) => (int)Math.Ceiling((double)a / b);
}
