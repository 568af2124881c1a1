using Flair.Source;

namespace Flair.Tests.Source;

public class DalleNameTests
{
    [Theory]
    [InlineData("33-2024-0410-6425-LA93-0M20-E080.jp2", "33", 2024, 410, 6425, 2154, 0.2)]
    [InlineData("2A-2022-1185-6110-LA93-0M20-E080.jp2", "2A", 2022, 1185, 6110, 2154, 0.2)]
    [InlineData("971-2022-0640-1805-RGAF09UTM20-0M20-E080.jp2", "971", 2022, 640, 1805, 5490, 0.2)]
    [InlineData("973-2021-0350-0540-UTM22RGFG95-0M20-E080.tif", "973", 2021, 350, 540, 2972, 0.2)]
    [InlineData("973-2021-0350-0540-RGFG95UTM22-0M50-E080.tif", "973", 2021, 350, 540, 2972, 0.5)]
    [InlineData("974-2022-0330-7660-RGR92UTM40S-0M20-E080.jp2", "974", 2022, 330, 7660, 2975, 0.2)]
    [InlineData("976-2023-0510-8590-RGM04UTM38S-0M20-E080.jp2", "976", 2023, 510, 8590, 4471, 0.2)]
    [InlineData("975-2022-0560-5180-RGSPM06U21-0M20-E080.jp2", "975", 2022, 560, 5180, 4467, 0.2)]
    [InlineData("/data/x/75-2018-0650-6865-LA93-0M15-E080.TIF", "75", 2018, 650, 6865, 2154, 0.15)]
    [InlineData("33-2015-0410-6425-LA93.jp2", "33", 2015, 410, 6425, 2154, null)]
    [InlineData("33-2024-0410-6425-XX99-0M20-E080.jp2", "33", 2024, 410, 6425, 0, 0.2)]
    public void Reads_BD_ORTHO(string path, string department, int year, int x, int y, int epsg, double? resolution)
    {
        Assert.True(DalleName.TryParse(path, out var name));
        Assert.Equal(new DalleName(department, year, x, y, epsg, resolution, false), name);
    }

    [Theory]
    [InlineData("LHD_FXX_0940_6540_MNT_0M50_LAMB93_IGN69.tif", 940, 6540, 2154, 0.5)]
    [InlineData("LHD_FXX_0940_6540_MNS_0M50_LAMB93_IGN69.tif", 940, 6540, 2154, 0.5)]
    [InlineData("LHD_FXX_0940_6540_MNT_O_0M50_LAMB93_IGN69.tif", 940, 6540, 2154, 0.5)]
    [InlineData("RGEALTI_FXX_0940_6540_MNT_LAMB93_IGN69.asc", 940, 6540, 2154, null)]
    [InlineData("LHD_REU_0330_7660_MNT_0M50_RGR92UTM40S_REUN89.tif", 330, 7660, 2975, 0.5)]
    public void Reads_elevation(string path, int x, int y, int epsg, double? resolution)
    {
        Assert.True(DalleName.TryParse(path, out var name));
        Assert.Equal(new DalleName(null, null, x, y, epsg, resolution, true), name);
    }

    [Theory]
    [InlineData("770550_6277600_rgb_20cm.tif")]
    [InlineData("33-2024.jp2")]
    [InlineData("33-1024-0410-6425-LA93-0M20-E080.jp2")]
    [InlineData("tile.tif")]
    public void Leaves_other_names_alone(string path) => Assert.False(DalleName.TryParse(path, out _));

    [Theory]
    [InlineData("BDORTHO_2-0_RVB-0M20_JP2-E080_LAMB93_D033_2024-01-01/ORTHOHR/a.jp2", ProductKind.Rvb)]
    [InlineData("BDORTHO_2-0_IRC-0M20_JP2-E080_LAMB93_D033_2024-01-01/OHR_IRC_0M20_JP2-E080_LAMB93_D33-2024/a.jp2", ProductKind.Irc)]
    [InlineData("RVB/770550_6277600_irc_20cm.tif", ProductKind.Irc)]
    [InlineData("LHD_FXX_0940_6540_MNT_0M50_LAMB93_IGN69.tif", ProductKind.Terrain)]
    [InlineData("x/770550_6277600_DSM_50cm.tif", ProductKind.Surface)]
    [InlineData("monument/curvbird.tif", null)]
    public void Tells_the_kind_by_the_nearest_part(string path, ProductKind? kind) => Assert.Equal(kind, DalleName.KindOf(path));
}
