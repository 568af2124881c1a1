namespace Flair.Storage.Tests;

public sealed class LocalStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flair-local-").FullName;

    [Fact]
    public async Task WritesReadsListsAndRemoves()
    {
        var store = new LocalStore(Path.Combine(_folder, "map"));
        var bytes = TestOptions.Bytes(1, 3_000_000);
        Assert.Empty(store.List());

        Assert.True(await store.CreateAsync("tiles/a.tif", ObjectContent.OfBytes(bytes)));
        Assert.False(await store.CreateAsync("tiles/a.tif", ObjectContent.OfText("other")));
        await store.ReplaceAsync("b", ObjectContent.OfFile(Path.Combine(_folder, "map/tiles/a.tif")));
        await store.ReplaceAsync("b", ObjectContent.OfText("second"));

        Assert.Equal(bytes, store.ReadAllBytes("tiles/a.tif"));
        Assert.Equal("second"u8.ToArray(), store.ReadAllBytes("b"));
        Assert.Equal(["b", "tiles/a.tif"], store.List().Select(entry => entry.Key));
        Assert.Equal(store.Head("tiles/a.tif"), Assert.Single(store.List("til")));
        Assert.Empty(Directory.GetFiles(_folder, "*" + LocalStore.TemporarySuffix, SearchOption.AllDirectories));
        var fault = await Assert.ThrowsAsync<StorageException>(() => store.ReadAsync("b", 0, new byte[3], "another"));
        Assert.Equal(StorageFault.Changed, fault.Fault);

        await store.DeleteAsync("b");
        await store.DeleteAsync("b");
        Assert.Null(store.Head("b"));
        fault = await Assert.ThrowsAsync<StorageException>(() => store.ReadAsync("b", 0, new byte[3]));
        Assert.Equal(StorageFault.NotFound, fault.Fault);
    }

    [Fact]
    public async Task OfManyWritersOneWins()
    {
        for (int round = 0; round < 20; round++)
        {
            var contents = Enumerable.Range(0, 8).Select(i => TestOptions.Bytes((round * 8) + i, 10_000)).ToArray();
            var key = $"tile{round}";
            var won = await Task.WhenAll(contents.Select(bytes => new LocalStore(_folder).CreateAsync(key, ObjectContent.OfBytes(bytes))));

            Assert.Single(won, true);
            Assert.Equal(contents[Array.IndexOf(won, true)], File.ReadAllBytes(Path.Combine(_folder, key)));
        }

        Assert.Equal(20, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public async Task WhatAKilledProcessLeftIsNoObjectAndIsSwept()
    {
        var store = new LocalStore(_folder);
        var left = Path.Combine(_folder, $"a.{Guid.NewGuid():N}{LocalStore.TemporarySuffix}");
        File.WriteAllText(left, "half");
        await store.CreateAsync("a", ObjectContent.OfText("whole"));

        Assert.Equal("a", Assert.Single(store.List()).Key);
        store.Sweep(DateTime.UtcNow.AddHours(-1).Ticks);
        Assert.True(File.Exists(left));
        store.Sweep(DateTime.UtcNow.AddHours(1).Ticks);
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(Path.Combine(_folder, "a")));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/tmp/a")]
    [InlineData("x/../../a")]
    public void NothingIsWrittenOutside(string key) =>
        Assert.Throws<StorageException>(() => new LocalStore(_folder).Create(key, ObjectContent.OfText("x")));

    [Fact]
    public void AFileThatCannotBeWrittenIsOneLine()
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "");

        var fault = Assert.Throws<StorageException>(() => new LocalStore(_folder).Create("file/below", ObjectContent.OfText("x")));

        Assert.Contains("file/below", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
