using Flair.Checkpoints;

namespace Flair.Training;

/// <summary>The order in which an epoch takes the patches.</summary>
internal static class PatchOrder
{
    /// <summary>A permutation (Fisher–Yates) that is a function of its arguments.</summary>
    /// <param name="count">How many patches there are.</param>
    /// <param name="seed">The training's seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    public static int[] Shuffled(int count, int seed, int epoch)
    {
        var start = NamedRandom.Start($"order {seed} {epoch}");
        var order = Listed(count);
        for (var i = count - 1; i > 0; i--)
        {
            // Of 64 bits the remainder favours no patch by more than 2⁻³².
            var other = (int)(NamedRandom.Bits(start, (ulong)i) % ((ulong)i + 1));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>The order of the list.</summary>
    public static int[] Listed(int count) => [.. Enumerable.Range(0, count)];
}
