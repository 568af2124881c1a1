using Flair.Patches;
using Flair.Settings;
using Flair.Training;

namespace Flair.Tests.Training;

public sealed class PatchLoaderTests(TrainingRunTests.Patches patches) : IClassFixture<TrainingRunTests.Patches>
{
    // Only a loader that hangs takes as long.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TrainingSettings _settings = patches.Settings with { Workers = 2 };

    private readonly IReadOnlyList<PatchFiles> _list = PatchList.Read(patches.Settings.TrainCsv!);

    [Fact]
    public async Task BuffersThatAreGivenBackDoNotChangeTheBatches()
    {
        var kept = await LoadAsync(new PatchLoader(_settings, _list, null), (_, _) => { });
        Assert.Equal(_list.Count / _settings.BatchSize, kept.Count);
        Assert.Equal(_list.Take(kept.Count * _settings.BatchSize), kept.SelectMany(batch => batch.Files));
        Assert.NotEqual(kept[0].Images, kept[1].Images);

        // Twice, so that every batch of the second time comes in a used buffer.
        var loader = new PatchLoader(_settings, _list, null);
        for (var time = 0; time < 2; time++)
        {
            var index = 0;
            await LoadAsync(loader, (from, batch) =>
            {
                Assert.Equal(kept[index].Images, batch.Images);
                Assert.Equal(kept[index++].Classes, batch.Classes);
                from.Return(batch);
            });
        }
    }

    [Fact]
    public async Task APatchThatCannotBeReadEndsTheLoadingWithItsName()
    {
        var broken = _list.ToArray();
        broken[7] = broken[7] with { Image = "gone.tif" };
        var loader = new PatchLoader(_settings, broken, null);
        var error = await Assert.ThrowsAsync<FlairException>(() => LoadAsync(loader, (from, batch) => from.Return(batch)).WaitAsync(s_patience));
        Assert.StartsWith("gone.tif: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoTakesABatchMayFail()
    {
        var loader = new PatchLoader(_settings, _list, null);
        await Assert.ThrowsAsync<NotSupportedException>(() => LoadAsync(loader, (_, _) => throw new NotSupportedException()).WaitAsync(s_patience));
        Assert.Equal(loader.BatchCount, (await LoadAsync(loader, (_, _) => { })).Count);
    }

    private async Task<List<PatchBatch>> LoadAsync(PatchLoader loader, Action<PatchLoader, PatchBatch> take)
    {
        var batches = new List<PatchBatch>();
        await foreach (var batch in loader.LoadAsync(PatchOrder.Listed(_list.Count), 0, null, CancellationToken.None))
        {
            take(loader, batch);
            batches.Add(batch);
        }

        return batches;
    }
}
