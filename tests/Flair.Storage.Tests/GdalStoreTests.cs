namespace Flair.Storage.Tests;

/// <summary>GDAL's memory stands for its S3 and GCS, which are files of its in the same way (but that it lists no directories that nobody made).</summary>
public sealed class GdalStoreTests
{
    [Fact]
    public async Task WritesReadsListsAndRemoves()
    {
        var store = new GdalStore(ObjectPath.Parse("s3://bucket/map"), $"/vsimem/{Guid.NewGuid():N}/", new StorageOptions { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) });
        var bytes = TestOptions.Bytes(1, 2_500_000);

        Assert.True(await store.CreateAsync("tile-a.tif", ObjectContent.OfBytes(bytes)));
        Assert.False(await store.CreateAsync("tile-a.tif", ObjectContent.OfText("other")));
        await store.ReplaceAsync("b", ObjectContent.OfText("first"));
        await store.ReplaceAsync("b", ObjectContent.OfText("second"));

        Assert.Equal(bytes, store.ReadAllBytes("tile-a.tif"));
        Assert.Equal("second"u8.ToArray(), store.ReadAllBytes("b"));
        Assert.Equal(["b", "tile-a.tif"], store.List().Select(entry => entry.Key));
        Assert.Equal("tile-a.tif", Assert.Single(store.List("tile-a")).Key);
        var fault = await Assert.ThrowsAsync<StorageException>(() => store.ReadAsync("b", 0, new byte[3], "another"));
        Assert.Equal(StorageFault.Changed, fault.Fault);

        await store.DeleteAsync("b");
        await store.DeleteAsync("b");
        Assert.Null(store.Head("b"));
        fault = await Assert.ThrowsAsync<StorageException>(() => store.ReadAsync("b", 0, new byte[3]));
        Assert.Equal((StorageFault.NotFound, "s3://bucket/map/b: there is no such object"), (fault.Fault, fault.Message));
    }
}
