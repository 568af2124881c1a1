using Flair.Settings;
using Flair.Source;

namespace Flair.Tests.Source;

public sealed class DecodeLedgerTests
{
    [Fact]
    public void What_a_thread_is_at_is_seen_until_it_is_done()
    {
        using var ledger = DecodeLedger.Create();
        ledger.Clear();
        Assert.Empty(ledger.Active());
        using (ledger.Enter("/data/é.jp2", DecodePhase.Opening))
        {
            using (ledger.Enter("/data/b.tif", DecodePhase.Decoding))
                Assert.Equal([("/data/b.tif", DecodePhase.Decoding), ("/data/é.jp2", DecodePhase.Opening)], ledger.Active().Select(entry => (entry.Path, entry.Phase)).Order());
            Assert.Equal("/data/é.jp2", Assert.Single(ledger.Active()).Path);
        }

        Assert.Empty(ledger.Active());
    }

    [Fact]
    public void More_threads_than_slots_go_unnoticed_but_go()
    {
        using var ledger = DecodeLedger.Create();
        var entries = Enumerable.Range(0, 300).Select(i => ledger.Enter($"{i}.jp2", DecodePhase.Decoding)).ToArray();
        Assert.Equal(256, ledger.Active().Count);
        using (ledger.Enter(new string('x', 10_000), DecodePhase.Decoding))
            Assert.Equal(256, ledger.Active().Count);
        foreach (var entry in entries)
            entry.Dispose();
        Assert.Empty(ledger.Active());
    }

    [Fact]
    public void Verdicts_outlive_the_process_that_they_are_about()
    {
        using var ledger = DecodeLedger.Create();
        Assert.True(ledger.TryAdd(new DecodeVerdict("/data/a b.jp2", true, "crashes\nit")));
        Assert.True(ledger.TryAdd(new DecodeVerdict("/data/c.jp2", false, "hangs")));
        Assert.False(ledger.TryAdd(new DecodeVerdict("/data/two\nlines.jp2", false, "hangs")));
        ledger.Stall = TimeSpan.FromSeconds(3);
        ledger.Clear();
        Assert.Equal([new DecodeVerdict("/data/a b.jp2", true, "crashes it"), new DecodeVerdict("/data/c.jp2", false, "hangs")], ledger.Verdicts());
        Assert.Equal(TimeSpan.FromMinutes(new ResourceSettings().StallMinutes), ledger.Stall);
    }
}
