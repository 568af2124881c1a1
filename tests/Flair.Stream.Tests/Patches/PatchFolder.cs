using Flair.Gdal;
using Flair.Patches;

namespace Flair.Tests.Patches;

/// <summary>A directory of small patches and their lists.</summary>
public sealed class PatchFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("flair-patches-").FullName;

    public string At(string name) => Path.Combine(Root, name);

    /// <summary>Writes a list, one line a text.</summary>
    public string List(string name, params string[] lines)
    {
        File.WriteAllText(At(name), string.Join('\n', lines) + "\n");
        return At(name);
    }

    public string Image(string name, int width = 32, int height = 32, int bands = 3) => Write(name, width, height, bands, GdalType.Byte, new byte[width * height]);

    /// <summary>A mask of 1 but for the given values, one a pixel from the north-west corner.</summary>
    public string Mask(string name, int width = 32, int height = 32, params byte[] values)
    {
        var pixels = new byte[width * height];
        Array.Fill(pixels, (byte)1);
        values.CopyTo(pixels, 0);
        return Write(name, width, height, 1, GdalType.Byte, pixels);
    }

    public string Write(string name, int width, int height, int bands, GdalType type, byte[] values)
    {
        using var raster = Raster.Create("GTiff", At(name), width, height, bands, type);
        for (var band = 1; band <= bands; band++)
            raster.Write<byte>(0, 0, width, height, [band], values);
        raster.Close();
        return name;
    }

    public PatchDemand Demand(string csv) => new() { Csv = csv, Patches = PatchList.Read(At(csv)), Channels = [1, 2, 3], Masks = true, Classes = 3, Sizes = new(32), BatchSize = 2 };

    /// <summary>The messages with this directory left out.</summary>
    public string[] ErrorsOf(params PatchDemand[] demands) => Short(Assert.Throws<FlairException>(() => PatchChecks.Run(demands, null, CancellationToken.None)));

    public string[] Short(FlairException error) => error.Message.Replace(Root + "/", "", StringComparison.Ordinal).Split('\n');

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
