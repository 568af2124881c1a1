namespace Flair.Checkpoints;

/// <summary>CRC-32 as ZIP uses it (ISO 3309, reversed polynomial 0xEDB88320), eight bytes a step ("slicing by 8", Kounavis and Berry 2005).</summary>
internal static class Crc32
{
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The checksum of <paramref name="data"/> after what has the checksum <paramref name="before"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data, uint before = 0)
    {
        var t = Tables;
        var crc = ~before;
        while (data.Length >= 8)
        {
            crc = t[7][(byte)(crc ^ data[0])] ^ t[6][(byte)((crc >> 8) ^ data[1])]
                ^ t[5][(byte)((crc >> 16) ^ data[2])] ^ t[4][(byte)((crc >> 24) ^ data[3])]
                ^ t[3][data[4]] ^ t[2][data[5]] ^ t[1][data[6]] ^ t[0][data[7]];
            data = data[8..];
        }

        foreach (var value in data)
            crc = t[0][(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var k = 0; k < 8; k++)
        {
            tables[k] = new uint[256];
            for (var i = 0u; i < 256; i++)
            {
                var crc = k == 0 ? i : tables[k - 1][i];
                for (var bit = 0; bit < 8; bit++)
                    crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
                tables[k][i] = crc;
            }
        }

        return tables;
    }
}
