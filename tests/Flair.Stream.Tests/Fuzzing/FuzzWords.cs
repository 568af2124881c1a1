using System.Text;

namespace Flair.Tests.Fuzzing;

/// <summary>What readers of a format look for.</summary>
internal static class FuzzWords
{
    public static IReadOnlyList<byte[]> Yaml { get; } = Of(
        "&a", "*a", "*b", "&a [*a]", "&a {b: *a}", "<<: *a", "!!binary", "!!python/object/apply:os.system", "!!int", "? ", ": ", "- ", "---\n", "...\n", "%YAML 9.9\n", "|", ">", ">-9", "|+",
        "\"", "'", "\\x00", "\"\\u0000\"", "\"a\\nb\"", "\t", "\r", "#", "~", "null", "yes", "[", "]", "{", "}", ",", "[[[[", "\u2028", "\ufeff", "\u0085", "../../../etc/passwd", "/dev/zero", "/vsizip/", "formula",
        "[1, 2, 3]", "classes-255", "EPSG:2154", "cuda:9", "*", "name", "color", "\"#ffffff\"", "true");

    public static IReadOnlyList<byte[]> Json { get; } = Of(
        "null", "{}", "[]", "[null]", "{\"a\":null}", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"a\\nb\"", "\"\\u001b[31m\"", "\"NaN\"", "NaN", "\"Infinity\"", "true", "1e999", "-0", "\\", "\"", ",", ":", "/*",
        "\"../../x\"", "\"/etc/passwd\"", "\"done\"", "\"failed\"", "\"__metadata__\":{},", "\"BF16\"", "\"F64\"", "\"C64\"", "[0]", "[9223372036854775807]", "\xff", "\ufeff");

    public static IReadOnlyList<byte[]> Pickle { get; } =
    [
        [0x8a, 0xff], [0x8b, 0xff, 0xff, 0xff, 0x7f], [0x8b, 0xff, 0xff, 0xff, 0xff], [0x8a, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0x8e, 0, 0, 0, 0, 1, 0, 0, 0], [(byte)'X', 0xff, 0xff, 0xff, 0xff], [(byte)'T', 0xff, 0xff, 0xff, 0xff], [0x96, 0, 0, 0, 0, 0, 0, 0, 0x80],
        [(byte)'j', 0xff, 0xff, 0xff, 0xff], [(byte)'r', 0xff, 0xff, 0xff, 0xff], [(byte)'r', 0, 0, 0, 0x80], [0x94], [(byte)'h', 0], [(byte)'h', 1], [(byte)'q', 0], [(byte)'2'], [(byte)'0'], [(byte)'1'], [(byte)'('],
        [(byte)'t'], [(byte)']'], [(byte)'}'], [(byte)')'], [(byte)'e'], [(byte)'a'], [(byte)'s'], [(byte)'u'], [(byte)'d'], [(byte)'l'], [(byte)'R'], [(byte)'Q'], [(byte)'b'], [(byte)'.'], [(byte)'N'], [0x81], [0x85], [0x86],
        [0x87], [0x88], [0x8f], [0x90], [0x91], [0x92], [0x93], [0x95, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x80, 4], [(byte)'K', 0], [(byte)'J', 0xff, 0xff, 0xff, 0x7f], [(byte)'J', 0, 0, 0, 0x80],
        [(byte)'G', 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], .. Of("ccollections\nOrderedDict\n", "ctorch\nFloatStorage\n", "ctorch\nbfloat16\n", "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_tensor_v3\n", "cos\nsystem\n", "ctorch\nSize\n",
            "X\u0005\0\0\0a\nb\u001bc", "X\n\0\0\0state_dict", "X\u0007\0\0\0storage"),
    ];

    public static IReadOnlyList<byte[]> Npy { get; } = Of("'descr'", "'<f8'", "'|O'", "[('a', '<f4')]", "'shape'", "(", ")", ",", "(2147483647, 2147483647, 4)", "(0, 2147483647)", "()", "1\n1", "True", "L");

    public static IReadOnlyList<byte[]> Tiff { get; } =
        [.. Of("II*\0", "MM\0*", "II+\0"), .. TiffEntries(), [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [8, 0, 0, 0], [0xff, 0x4f, 0xff, 0x51], [0xff, 0x52], [0xff, 0x90], [0xff, 0x93]];

    public static IReadOnlyList<byte[]> Csv { get; } = Of(",", ",,", "\"", "\"\"", "\r\n", "\r", "\0", "img.tif", "../../../x.tif", "/vsicurl/http://x", "\t", "\u2028", "\ufeff");

    public static IReadOnlyList<byte[]> Grid { get; } = Of("ncols", "nrows", "cellsize", "dx", "dy", "nodata_value", "xllcenter", "1e999", "nan", "\0", "\r");

    private static byte[][] Of(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Entries of a directory whose values are the largest that a reader may believe: size, strips, tiles, samples, bits, compression.</summary>
    private static IEnumerable<byte[]> TiffEntries()
    {
        ushort[] tags = [256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 338, 339, 33550, 33922, 34735, 42113];
        foreach (var tag in tags)
        {
            foreach (var value in (uint[])[0, 1, 8, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff])
                yield return [.. BitConverter.GetBytes(tag), 4, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(value)];
        }
    }
}
