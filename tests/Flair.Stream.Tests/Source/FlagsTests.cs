using Flair.Source;

namespace Flair.Tests.Source;

public class FlagsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(1001)]
    public void Do_what_they_say_of_every_pixel(int count)
    {
        byte[] flags = Bytes(count, 1, 5), others = Bytes(count, 2, 5), values = Bytes(count, 3, 256);
        var kept = values.ToArray();
        Flags.Keep(kept.AsSpan(), flags);
        Assert.Equal(values.Zip(flags, (value, flag) => flag == 0 ? (byte)0 : value), kept);
        var floats = values.Select(value => (float)value).ToArray();
        Flags.Keep(floats.AsSpan(), flags);
        Assert.Equal(kept.Select(value => (float)value), floats);
        var inside = new byte[count];
        Flags.Between(flags, 2, 3, inside);
        Assert.Equal(flags.Select(flag => flag is 2 or 3 ? (byte)1 : (byte)0), inside);
        var raised = flags.ToArray();
        Flags.Raise(raised, others);
        Assert.Equal(flags.Zip(others, Math.Max), raised);
    }

    private static byte[] Bytes(int count, int seed, int below)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(below))];
    }
}
