using Flair.Training;

namespace Flair.Tests.Training;

public sealed class PatchTransformTests
{
    // 0 1 2
    // 3 4 5
    // 6 7 8
    private static readonly int[] s_square = [.. Enumerable.Range(0, 9)];

    [Fact]
    public void FlipsAndTurnsAreNumpys()
    {
        Assert.Equal([6, 7, 8, 3, 4, 5, 0, 1, 2], Lay(default(PatchTransform).FlipVertically()));
        Assert.Equal([2, 1, 0, 5, 4, 3, 8, 7, 6], Lay(default(PatchTransform).FlipHorizontally()));
        // numpy.rot90(a)
        Assert.Equal([2, 5, 8, 1, 4, 7, 0, 3, 6], Lay(default(PatchTransform).Turn()));
        Assert.Equal([8, 7, 6, 5, 4, 3, 2, 1, 0], Lay(default(PatchTransform).Turn().Turn()));
        Assert.Equal(default, default(PatchTransform).Turn().Turn().Turn().Turn());
    }

    [Fact]
    public void TransformsAreAppliedOneAfterAnother()
    {
        Func<PatchTransform, PatchTransform>[] steps = [t => t.FlipVertically(), t => t.FlipHorizontally(), t => t.Turn()];
        foreach (var first in steps)
        {
            foreach (var second in steps)
            {
                foreach (var third in steps)
                    Assert.Equal(Lay(third(default), Lay(second(default), Lay(first(default)))), Lay(third(second(first(default)))));
            }
        }
    }

    [Fact]
    public void AllEightAreDrawnAsOftenAsAlbumentationsDrawsThem()
    {
        var drawn = Enumerable.Range(0, 8000).Select(patch => PatchTransform.Draw(seed: 1, epoch: 3, patch)).ToArray();
        Assert.Equal(drawn, Enumerable.Range(0, 8000).Select(patch => PatchTransform.Draw(1, 3, patch)));
        Assert.NotEqual(drawn, Enumerable.Range(0, 8000).Select(patch => PatchTransform.Draw(1, 4, patch)));
        // Half of the time no turn, else 0 to 3 of them: a patch is transposed in a quarter of the cases. The flips come in four equal parts.
        var groups = drawn.GroupBy(transform => transform).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(8, groups.Count);
        Assert.InRange(drawn.Count(transform => transform.Transposed), 1850, 2150);
        Assert.All(groups, group => Assert.InRange(group.Value, group.Key.Transposed ? 400 : 1350, group.Key.Transposed ? 600 : 1650));
    }

    [Fact]
    public void AnEpochTakesEveryPatchOnceInAnOrderOfItsOwn()
    {
        var first = PatchOrder.Shuffled(100, seed: 7, epoch: 0);
        Assert.Equal(Enumerable.Range(0, 100), first.Order());
        Assert.NotEqual(Enumerable.Range(0, 100), first);
        Assert.Equal(first, PatchOrder.Shuffled(100, 7, 0));
        Assert.NotEqual(first, PatchOrder.Shuffled(100, 7, 1));
        Assert.NotEqual(first, PatchOrder.Shuffled(100, 8, 0));
    }

    private static int[] Lay(PatchTransform transform, int[]? square = null)
    {
        var laid = new int[9];
        transform.Apply<int>(square ?? s_square, laid, 3, 3);
        return laid;
    }
}
