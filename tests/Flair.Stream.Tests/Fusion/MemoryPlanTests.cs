using Flair.Fusion;
using FsCheck;
using FsCheck.Fluent;

namespace Flair.Tests.Fusion;

public sealed class MemoryPlanTests
{
    private const long Alignment = 64;

    [Fact]
    public void A_chain_takes_turns_in_two_places()
    {
        MapBuffer[] chain = [Buffer(1000, 0, 1), Buffer(1000, 1, 2), Buffer(1000, 2, 3), Buffer(1000, 3, 4)];

        Assert.Equal(2 * 1024, MemoryPlan.Place(chain));
        Assert.Equal([0L, 1024, 0, 1024], chain.Select(buffer => buffer.Offset));
    }

    [Fact]
    public void A_small_map_goes_into_a_gap_and_a_larger_one_behind()
    {
        // The second leaves the first 64 to 4095 free from step 3 on, where the third lives.
        MapBuffer[] buffers = [Buffer(4000, 0, 2), Buffer(3000, 1, 9), Buffer(2000, 3, 9), Buffer(1900, 3, 9), Buffer(500, 3, 9)];

        Assert.Equal(4032 + 3008 + 512, MemoryPlan.Place(buffers));
        Assert.Equal([0L, 4032, 0, 2048, 4032 + 3008], buffers.Select(buffer => buffer.Offset));
    }

    [Fact]
    public void Maps_that_are_needed_at_the_same_time_share_no_byte()
    {
        var buffers = from bytes in Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(1, 100_000), Gen.Elements(64, 128, 4096))
                      from first in Gen.Choose(0, 25)
                      from steps in Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(0, 20))
                      select (Bytes: bytes, First: first, Last: first + steps);

        Check.One(Config.QuickThrowOnFailure.WithReplay(20221121, 3).WithMaxTest(500), Prop.ForAll(buffers.ListOf().ToArbitrary(), drawn =>
        {
            MapBuffer[] placed = [.. drawn.Select(buffer => Buffer(buffer.Bytes, buffer.First, buffer.Last))];
            var total = MemoryPlan.Place(placed);

            Assert.InRange(total, 0, placed.Sum(buffer => (buffer.Bytes + Alignment - 1) / Alignment * Alignment));
            for (var i = 0; i < placed.Length; i++)
            {
                var a = placed[i];
                Assert.Equal(0, a.Offset % Alignment);
                Assert.InRange(a.Offset + a.Bytes, 0, total);
                foreach (var b in placed.AsSpan(0, i))
                {
                    var (alive, overlap) = (a.First <= b.Last && b.First <= a.Last, a.Offset < b.Offset + b.Bytes && b.Offset < a.Offset + a.Bytes);
                    Assert.False(alive && overlap && a.Bytes > 0 && b.Bytes > 0, $"{a.Offset} + {a.Bytes} and {b.Offset} + {b.Bytes}");
                }
            }
        }));
    }

    private static MapBuffer Buffer(long bytes, int first, int last)
    {
        var buffer = new MapBuffer("map", bytes);
        buffer.UsedBy(last);
        buffer.UsedBy(first);
        return buffer;
    }
}
