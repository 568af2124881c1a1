using Flair.Source;

namespace Flair.Tests.Source;

/// <summary>An area read whole, as managed arrays.</summary>
internal sealed class Pixels
{
    public required GridRect Area { get; init; }

    public required float[][] Channels { get; init; }

    public required byte[] Known { get; init; }

    public List<ReadFailure> Failures { get; } = [];

    public long BlocksDecoded { get; private set; }

    public int FilesOpened { get; private set; }

    public float this[int channel, int column, int row] => Channels[channel][((row - Area.Y) * Area.Width) + column - Area.X];

    public bool IsKnown(int column, int row) => Known[((row - Area.Y) * Area.Width) + column - Area.X] == 1;

    public static async Task<Pixels> ReadAsync(Mosaic mosaic, GridRect area, int readers = 2, int attempts = 2, KeptBlocks? kept = null, int unit = 0)
    {
        var pixels = new Pixels
        {
            Area = area,
            Channels = [.. Enumerable.Range(0, mosaic.ChannelCount).Select(_ => new float[area.Area])],
            Known = new byte[area.Area],
        };
        using var reader = new AreaReader(mosaic, area, new ReadOptions(readers, attempts), kept, unit);
        int next = area.Y;
        Strip? previous = null;
        for (int i = 0; i < reader.Strips.Count; i++)
        {
            var strip = await reader.ReadAsync(i, CancellationToken.None);
            Assert.Equal(area with { Y = next, Height = strip.Rect.Height }, strip.Rect);
            next = strip.Rect.Bottom;
            if (previous is not null)
                pixels.Take(previous);
            previous?.Dispose();
            previous = strip;
        }

        Assert.Equal(area.Bottom, next);
        if (previous is not null)
            pixels.Take(previous);
        previous?.Dispose();
        pixels.BlocksDecoded = reader.BlocksDecoded;
        pixels.FilesOpened = reader.FilesOpened;
        return pixels;
    }

    /// <summary>Equal wherever both are.</summary>
    public void AssertSame(Pixels other)
    {
        var common = Area.Intersect(other.Area);
        Assert.False(common.IsEmpty);
        for (int row = common.Y; row < common.Bottom; row++)
        {
            for (int column = common.X; column < common.Right; column++)
            {
                if (IsKnown(column, row) != other.IsKnown(column, row))
                    Assert.Fail($"known at {column}, {row}: {IsKnown(column, row)} and {other.IsKnown(column, row)}");
                for (int channel = 0; channel < Channels.Length; channel++)
                {
                    if (this[channel, column, row] != other[channel, column, row])
                        Assert.Fail($"channel {channel} at {column}, {row}: {this[channel, column, row]} and {other[channel, column, row]}");
                }
            }
        }
    }

    private unsafe void Take(Strip strip)
    {
        Failures.AddRange(strip.Failures);
        int width = Area.Width, rows = strip.Rect.Height;
        for (int row = 0; row < rows; row++)
        {
            int target = (strip.Rect.Y + row - Area.Y) * width;
            for (int x = 0; x < width; x++)
            {
                Known[target + x] = strip.Known[(row * width) + x];
                for (int channel = 0; channel < Channels.Length; channel++)
                {
                    int source = (((channel * rows) + row) * width) + x;
                    Channels[channel][target + x] = strip.Samples == SampleType.UInt8 ? ((byte*)strip.Planes)[source] : ((float*)strip.Planes)[source];
                }
            }
        }
    }
}
