using System.Buffers.Binary;
using System.Text;

namespace Flair.Tests.Fuzzing;

/// <summary>Damages a file: the same original, seed and words give the same damage on every machine.</summary>
/// <param name="seed">Decides everything.</param>
/// <param name="words">What the format's readers look for, to be put where it does not belong.</param>
/// <param name="others">Other files of the format, whose parts are spliced in.</param>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> words, IReadOnlyList<byte[]> others)
{
    private const int LongestInsertion = 1 << 14;

    private static readonly long[] Sizes =
    [
        0, 1, -1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, 1L << 31, uint.MaxValue, 1L << 32, 1L << 40, long.MaxValue, long.MinValue,
        1L << 62, 1L << 61, (1L << 61) + 1, 100_000, 1_000_000_000,
    ];

    private static readonly string[] Numbers =
    [
        "0", "-1", "1", "255", "256", "65536", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "1e308", "1e309", "-1e400",
        "1e-320", "NaN", ".nan", ".inf", "-Infinity", "0x7fffffff", "0b1", "1_000", "1.5", "99999999999999999999999999999999999999999999", "1-2", "+", "1e", "١٢",
    ];

    private readonly Random _random = new(seed);

    /// <summary>One to four damages of a binary file.</summary>
    public byte[] Binary(byte[] original)
    {
        var bytes = original.ToList();
        for (var left = 1 + (_random.Next(3) == 0 ? _random.Next(4) : 0); left > 0; left--)
            DamageBytes(bytes);
        return [.. bytes];
    }

    /// <summary>One to four damages of a text file, most of them such that it stays text.</summary>
    public byte[] Text(byte[] original)
    {
        if (_random.Next(6) == 0)
            return Binary(original);
        var lines = Encoding.UTF8.GetString(original).Split('\n').ToList();
        for (var left = 1 + _random.Next(4); left > 0; left--)
            DamageLines(lines);
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool Once(int times) => _random.Next(times) == 0;

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private void DamageBytes(List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.AddRange(Word());
            return;
        }

        // Headers are at the start and, in archives and Parquet, at the end.
        var at = _random.Next(4) switch
        {
            0 => _random.Next(Math.Min(bytes.Count, 256)),
            1 => bytes.Count - 1 - _random.Next(Math.Min(bytes.Count, 512)),
            _ => _random.Next(bytes.Count),
        };
        var length = Math.Min(bytes.Count - at, 1 + _random.Next(_random.Next(4) == 0 ? 4096 : 16));
        switch (_random.Next(14))
        {
            case 0: bytes.RemoveRange(at, bytes.Count - at); break;
            case 1: bytes.RemoveRange(at, length); break;
            case 2 or 3: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
            case 4: bytes[at] = (byte)_random.Next(256); break;
            case 5 or 6 or 7: Overwrite(bytes, at, Number()); break;
            case 8: Repeat(bytes, at, length); break;
            case 9: bytes.InsertRange(at, Word()); break;
            case 10: Overwrite(bytes, at, Word()); break;
            case 11: Overwrite(bytes, at, [.. bytes.Skip(_random.Next(bytes.Count)).Take(length)]); break;
            case 12: Overwrite(bytes, at, [.. Enumerable.Repeat((byte)(_random.Next(2) * 255), length)]); break;
            default: Splice(bytes, at); break;
        }
    }

    private void DamageLines(List<string> lines)
    {
        var at = _random.Next(lines.Count);
        var line = lines[at];
        var column = _random.Next(line.Length + 1);
        switch (_random.Next(13))
        {
            case 0 when lines.Count > 1: lines.RemoveAt(at); break;
            case 1: lines.InsertRange(at, Enumerable.Repeat(line, _random.Next(8) == 0 ? 200 : 1)); break;
            case 2: lines[at] = lines[_random.Next(lines.Count)]; break;
            case 3: lines.Insert(at, Encoding.UTF8.GetString(Pick(others)).Split('\n') is var other ? Pick(other) : line); break;
            case 4 or 5: lines[at] = ReplaceWord(line, Pick(Numbers)); break;
            case 6: lines[at] = ReplaceWord(line, Encoding.UTF8.GetString(Word())); break;
            case 7: lines[at] = line.Insert(column, Encoding.UTF8.GetString(Word())); break;
            case 8: lines[at] = line[..column]; break;
            case 9: lines[at] = new string(' ', _random.Next(9)) + line.TrimStart(); break;
            case 10: lines[at] = line.Insert(column, Nest()); break;
            case 11: lines.RemoveRange(at, lines.Count - at); lines.Add(line[..column]); break;
            default: lines[at] = line.Insert(column, ((char)(_random.Next(8) == 0 ? _random.Next(0x20) : _random.Next(0x20, 0x17f))).ToString()); break;
        }
    }

    private string ReplaceWord(string line, string by)
    {
        var starts = Enumerable.Range(0, line.Length).Where(i => IsWord(line[i]) && (i == 0 || !IsWord(line[i - 1]))).ToArray();
        if (starts.Length == 0)
            return line + by;
        var start = Pick(starts);
        var end = start;
        while (end < line.Length && IsWord(line[end]))
            end++;
        return line[..start] + by + line[end..];

        static bool IsWord(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '.' or '-' or '&' or '*';
    }

    private string Nest() => string.Concat(Enumerable.Repeat(Pick(["[", "{", "{a: ", "- ", "[{\"a\":", "(", "!!map "]), _random.Next(2) == 0 ? 40 : 4000));

    private byte[] Word() => words.Count == 0 || _random.Next(8) == 0 ? Encoding.UTF8.GetBytes(Pick(Numbers)) : Pick(words);

    private byte[] Number()
    {
        var value = Pick(Sizes) + _random.Next(-2, 3);
        var bytes = new byte[8];
        var little = _random.Next(4) > 0;
        if (little)
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        var size = 1 << _random.Next(1, 4);
        return little ? bytes[..size] : bytes[^size..];
    }

    private void Repeat(List<byte> bytes, int at, int length)
    {
        var part = bytes.GetRange(at, length);
        var times = _random.Next(4) == 0 ? LongestInsertion / length : 1;
        bytes.InsertRange(at, Enumerable.Repeat(part, times).SelectMany(each => each));
    }

    private void Splice(List<byte> bytes, int at)
    {
        var other = Pick(others);
        if (other.Length > 0)
            bytes.InsertRange(at, other.Skip(_random.Next(other.Length)).Take(1 + _random.Next(LongestInsertion)));
        if (_random.Next(2) == 0)
            bytes.RemoveRange(at, Math.Min(bytes.Count - at, _random.Next(4096)));
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] by)
    {
        for (var i = 0; i < by.Length && at + i < bytes.Count; i++)
            bytes[at + i] = by[i];
    }
}
