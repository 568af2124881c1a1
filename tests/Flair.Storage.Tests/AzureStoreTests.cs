using Flair.Storage.Tests.Faults;

namespace Flair.Storage.Tests;

[Collection("azurite")]
public sealed class AzureStoreTests(AzuriteFixture fixture)
{
    private static readonly Fault[] All =
        [Fault.Busy, Fault.TooMany, Fault.Error, Fault.Reset, Fault.ResetInBody, Fault.Cut, Fault.LostReply, Fault.Slow];

    [AzuriteFact]
    public async Task WritesReadsListsAndRemoves()
    {
        var store = Store(fixture.Azurite.Port, out _);
        var bytes = TestOptions.Bytes(1, 20 << 20);

        Assert.True(await store.CreateAsync("tiles/a b+é.tif", ObjectContent.OfBytes(bytes)));
        Assert.False(await store.CreateAsync("tiles/a b+é.tif", ObjectContent.OfText("other")));
        await store.ReplaceAsync("empty", ObjectContent.OfBytes(default));
        await store.ReplaceAsync("tiles.txt", ObjectContent.OfText("first"));
        await store.ReplaceAsync("tiles.txt", ObjectContent.OfText("second"));

        Assert.Equal(bytes, store.ReadAllBytes("tiles/a b+é.tif"));
        Assert.Empty(store.ReadAllBytes("empty")!);
        Assert.Equal("second"u8.ToArray(), store.ReadAllBytes("tiles.txt"));
        Assert.Null(store.ReadAllBytes("tiles"));
        Assert.Equal(["empty", "tiles.txt", "tiles/a b+é.tif"], store.List().Select(entry => entry.Key));
        Assert.Equal(store.Head("tiles/a b+é.tif"), Assert.Single(store.List("tiles/")));

        var part = new byte[1000];
        Assert.Equal(1000, await store.ReadAsync("tiles/a b+é.tif", 12_345_678, part));
        Assert.Equal(bytes[12_345_678..12_346_678], part);
        Assert.Equal(10, await store.ReadAsync("tiles/a b+é.tif", bytes.Length - 10, part));
        Assert.Equal(0, await store.ReadAsync("tiles/a b+é.tif", bytes.Length, part));

        await store.DeleteAsync("tiles.txt");
        await store.DeleteAsync("tiles.txt");
        Assert.Null(store.Head("tiles.txt"));
    }

    [AzuriteFact]
    public async Task AnotherVersionIsNotReadOn()
    {
        var store = Store(fixture.Azurite.Port, out _);
        await store.ReplaceAsync("a", ObjectContent.OfText("first"));
        var former = store.Head("a")!;
        await store.ReplaceAsync("a", ObjectContent.OfText("other"));

        var fault = await Assert.ThrowsAsync<StorageException>(() => store.ReadAsync("a", 0, new byte[5], former.ETag));

        Assert.Equal(StorageFault.Changed, fault.Fault);
        Assert.NotEqual(former.ETag, store.Head("a")!.ETag);
    }

    [AzuriteTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task AThirdOfRequestsMayFail(int seed)
    {
        var container = fixture.NewContainer();
        using var proxy = new FaultProxy(fixture.Azurite.Port, FaultProxy.Seeded(seed, 0.33, All)) { Delay = TimeSpan.FromMilliseconds(50) };
        var store = Store(proxy.Port, container);
        for (int i = 0; i < 6; i++)
        {
            var bytes = TestOptions.Bytes(i, 1_500_000 * i);
            Assert.True(await store.CreateAsync($"tiles/{i}", ObjectContent.OfBytes(bytes)));
            Assert.Equal(bytes, store.ReadAllBytes($"tiles/{i}"));
            Assert.False(await store.CreateAsync($"tiles/{i}", ObjectContent.OfText("other")));
        }

        Assert.Equal(6, store.List("tiles/").Count);
        Assert.InRange(proxy.Seen.Count(request => request.Fault != Fault.None), proxy.Seen.Count / 6, proxy.Seen.Count / 2);
    }

    [AzuriteFact]
    public async Task AWriterWhoseAnswerIsLostKnowsThatItWon()
    {
        var container = fixture.NewContainer();
        using var proxy = new FaultProxy(fixture.Azurite.Port, request => request.Method == "PUT" && request.Number < 40 && request.Target.Contains("comp=blocklist", StringComparison.Ordinal) && Once(ref _lost) ? Fault.LostReply : Fault.None);
        var store = Store(proxy.Port, container);

        Assert.True(await store.CreateAsync("a", ObjectContent.OfText("mine")));

        Assert.Contains(proxy.Seen, request => request.Fault == Fault.LostReply);
        Assert.Equal("mine"u8.ToArray(), store.ReadAllBytes("a"));
    }

    [AzuriteTheory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task OfManyWritersOneWins(int seed)
    {
        var container = fixture.NewContainer();
        using var proxy = new FaultProxy(fixture.Azurite.Port, FaultProxy.Seeded(seed, 0.25, Fault.LostReply, Fault.Reset, Fault.Busy));
        await OneOfFourWinsAsync(proxy, container);
    }

    [AzuriteFact]
    public async Task WritersThatReplaceLeaveOneWholeObject()
    {
        var container = fixture.NewContainer();
        var contents = Enumerable.Range(0, 4).Select(i => TestOptions.Bytes(i, 9 << 20)).ToArray();

        await Task.WhenAll(contents.Select(bytes => Store(fixture.Azurite.Port, container).ReplaceAsync("a", ObjectContent.OfBytes(bytes))));

        var left = Store(fixture.Azurite.Port, container).ReadAllBytes("a")!;
        Assert.Contains(contents, bytes => bytes.AsSpan().SequenceEqual(left));
    }

    [AzuriteFact]
    public async Task ABodyThatIsNotWhatWasSentIsAskedForAgain()
    {
        var container = fixture.NewContainer();
        var content = TestOptions.Bytes(8, 5 << 20);
        await Store(fixture.Azurite.Port, container).CreateAsync("a", ObjectContent.OfBytes(content));
        var flipped = 0;
        using var proxy = new FaultProxy(fixture.Azurite.Port, request => request.Method == "GET" && Interlocked.Increment(ref flipped) is 1 or 3 ? Fault.Flip : Fault.None);
        var read = new byte[content.Length];

        Assert.Equal(content.Length, await Store(proxy.Port, container).ReadAsync("a", 0, read));

        Assert.Equal(content, read);
        Assert.Equal(2, proxy.Seen.Count(request => request.Fault == Fault.Flip));
        Assert.Equal(4, proxy.Seen.Count);
    }

    [AzuriteTheory]
    [InlineData(Fault.Conflict)]
    [InlineData(Fault.Precondition)]
    public async Task ARefusalForNoReasonIsAskedAgain(Fault fault)
    {
        var container = fixture.NewContainer();
        var bytes = TestOptions.Bytes(8, 9 << 20);

        // Twice for each request but those with a condition, the commit and with 412 the read: there it means that another was faster.
        bool HasCondition(SeenRequest request) =>
            request.Target.Contains("comp=blocklist", StringComparison.Ordinal) || (fault == Fault.Precondition && request.Range is not null);
        var asked = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        using var proxy = new FaultProxy(fixture.Azurite.Port, request =>
            HasCondition(request) || asked.AddOrUpdate($"{request.Method} {request.Target}", 1, (_, times) => times + 1) > 2 ? Fault.None : fault);
        var store = Store(proxy.Port, container);

        Assert.True(await store.CreateAsync("a", ObjectContent.OfBytes(bytes)));
        Assert.False(await store.CreateAsync("a", ObjectContent.OfText("other")));
        Assert.Equal(bytes, store.ReadAllBytes("a"));
        Assert.Equal("a", Assert.Single(store.List()).Key);
        await store.DeleteAsync("a");

        Assert.Null(Store(fixture.Azurite.Port, container).Head("a"));
        Assert.Equal(["DELETE", "GET", "HEAD", "PUT"], proxy.Seen.Where(request => request.Fault == fault).Select(request => request.Method).Distinct().Order());
    }

    [AzuriteFact]
    public async Task OfManyWritersThatAreRefusedForNoReasonOneWins()
    {
        var container = fixture.NewContainer();
        using var proxy = new FaultProxy(fixture.Azurite.Port, FaultProxy.Seeded(13, 0.25, Fault.Conflict, Fault.Precondition, Fault.LostReply));
        await OneOfFourWinsAsync(proxy, container);

        Assert.Contains(proxy.Seen, request => request.Fault is Fault.Conflict or Fault.Precondition);
    }

    [AzuriteFact]
    public async Task ARefusalThatStaysIsToldAsItWasSaid()
    {
        var container = fixture.NewContainer();
        using var proxy = new FaultProxy(fixture.Azurite.Port, request => request.Target.Contains("comp=block&", StringComparison.Ordinal) ? Fault.Precondition : Fault.None);
        var store = new AzureStore(ObjectPath.Parse($"az://{container}"), TestOptions.Through(proxy.Port, attempts: 3));

        var fault = await Assert.ThrowsAsync<StorageException>(() => store.CreateAsync("a", ObjectContent.OfText("mine")));

        Assert.Equal($"az://{container}/a: HTTP 412 (3 attempts)", fault.Message);
        Assert.Equal(StorageFault.Unavailable, fault.Fault);
    }

    [AzuriteFact]
    public async Task AListThatIsGarbledIsAskedAgain()
    {
        var container = fixture.NewContainer();
        await Store(fixture.Azurite.Port, container).CreateAsync("a", ObjectContent.OfText("content"));
        using var proxy = new FaultProxy(fixture.Azurite.Port, request => request.Number == 0 ? Fault.Flip : Fault.None);

        Assert.Equal("a", Assert.Single(Store(proxy.Port, container).List()).Key);
        Assert.Equal(2, proxy.Seen.Count);
    }

    [AzuriteFact]
    public async Task ABrokenBodyIsGoneOnWithWhereItBroke()
    {
        var container = fixture.NewContainer();
        var bytes = TestOptions.Bytes(5, 4 << 20);
        await Store(fixture.Azurite.Port, container).CreateAsync("a", ObjectContent.OfBytes(bytes));
        int gets = 0;
        using var proxy = new FaultProxy(fixture.Azurite.Port, request => request.Method == "GET" && Interlocked.Increment(ref gets) <= 2 ? Fault.Cut : Fault.None);
        var buffer = new byte[bytes.Length];

        Assert.Equal(bytes.Length, await Store(proxy.Port, container).ReadAsync("a", 0, buffer));

        Assert.Equal(bytes, buffer);
        Assert.Equal(["bytes=0-4194303", "bytes=2097152-4194303", "bytes=3145728-4194303"], proxy.Seen.Select(request => request.Range));
    }

    [AzuriteTheory]
    [InlineData(Fault.Hang)]
    [InlineData(Fault.HangInBody)]
    public async Task WhatHangsIsGivenUp(Fault fault)
    {
        var container = fixture.NewContainer();
        var bytes = TestOptions.Bytes(6, 1 << 20);
        await Store(fixture.Azurite.Port, container).CreateAsync("a", ObjectContent.OfBytes(bytes));
        int seen = 0;
        using var proxy = new FaultProxy(fixture.Azurite.Port, _ => Interlocked.Increment(ref seen) <= 3 ? fault : Fault.None);

        Assert.Equal(bytes, Store(proxy.Port, container).ReadAllBytes("a"));
        Assert.True(seen > 3);
    }

    [AzuriteFact]
    public async Task ASlowReadIsAskedTwice()
    {
        var container = fixture.NewContainer();
        await Store(fixture.Azurite.Port, container).CreateAsync("a", ObjectContent.OfText("content"));
        using var proxy = new FaultProxy(fixture.Azurite.Port, request => request.Number == 0 ? Fault.Hang : Fault.None);
        var options = TestOptions.Through(proxy.Port, attempts: 1) with { StallTimeout = TimeSpan.FromMinutes(1), HedgeAfter = TimeSpan.FromMilliseconds(50) };
        var buffer = new byte[7];

        await new AzureStore(ObjectPath.Parse($"az://{container}"), options).ReadAsync("a", 0, buffer);

        Assert.Equal("content"u8.ToArray(), buffer);
        Assert.Equal(2, proxy.Seen.Count);
    }

    [AzuriteFact]
    public async Task WhatStaysBrokenIsToldInOneLineWithoutSecrets()
    {
        var container = fixture.NewContainer();
        using var proxy = new FaultProxy(fixture.Azurite.Port, _ => Fault.Busy);
        var store = new AzureStore(ObjectPath.Parse($"az://{container}/map"), TestOptions.Through(proxy.Port, attempts: 3));

        var fault = await Assert.ThrowsAsync<StorageException>(() => store.HeadAsync("tiles/a"));

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.Equal($"az://{container}/map/tiles/a: HTTP 503 (3 attempts)", fault.Message);
        Assert.Equal(3, proxy.Seen.Count);
    }

    [AzuriteFact]
    public async Task AnAddressWithASignatureNeedsNoKey()
    {
        var container = fixture.NewContainer();
        await Store(fixture.Azurite.Port, container).CreateAsync("a", ObjectContent.OfText("content"));
        var client = new Azure.Storage.Blobs.BlobContainerClient(Azurite.ConnectionString(fixture.Azurite.Port), container);
        var signature = client.GenerateSasUri(Azure.Storage.Sas.BlobContainerSasPermissions.Read | Azure.Storage.Sas.BlobContainerSasPermissions.List, DateTimeOffset.UtcNow.AddHours(1)).Query.TrimStart('?');
        var wrongKey = Convert.ToBase64String(new byte[64]);
        var options = TestOptions.Through(0) with
        {
            Variable = name => name == "AZURE_STORAGE_CONNECTION_STRING" ? Azurite.ConnectionString(fixture.Azurite.Port).Replace(Azurite.Key, wrongKey, StringComparison.Ordinal) : null,
        };

        Assert.Equal("content"u8.ToArray(), ObjectStores.Open(ObjectPath.Parse($"az://{container}?{signature}"), options).ReadAllBytes("a"));
        var denied = Assert.Throws<StorageException>(() => ObjectStores.Open(ObjectPath.Parse($"az://{fixture.NewContainer()}"), options).Head("a"));
        Assert.Equal(StorageFault.Denied, denied.Fault);
        Assert.DoesNotContain(wrongKey, denied.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense SECRETVALUE")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=SECRETVALUE!")]
    public void AConnectionStringThatCannotBeReadIsNotRepeated(string text)
    {
        var fault = Assert.Throws<StorageException>(() =>
            new AzureStore(ObjectPath.Parse("az://box"), new StorageOptions { Variable = name => name == "AZURE_STORAGE_CONNECTION_STRING" ? text : null }));

        Assert.DoesNotContain("SECRETVALUE", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutCredentialsItIsToldWhichToSet()
    {
        var fault = Assert.Throws<StorageException>(() => new AzureStore(ObjectPath.Parse("az://box"), new StorageOptions { Variable = _ => null }));

        Assert.Contains("AZURE_STORAGE_CONNECTION_STRING", fault.Message, StringComparison.Ordinal);
    }

    private async Task OneOfFourWinsAsync(FaultProxy proxy, string container)
    {
        for (int round = 0; round < 4; round++)
        {
            var contents = Enumerable.Range(0, 4).Select(i => TestOptions.Bytes((round * 10) + i, 100_000)).ToArray();
            var key = $"tile{round}";
            var won = await Task.WhenAll(contents.Select(bytes => Store(proxy.Port, container).CreateAsync(key, ObjectContent.OfBytes(bytes))));

            Assert.Single(won, true);
            Assert.Equal(contents[Array.IndexOf(won, true)], Store(fixture.Azurite.Port, container).ReadAllBytes(key));
        }
    }

    private static int _lost;

    private static bool Once(ref int flag) => Interlocked.Exchange(ref flag, 1) == 0;

    private static AzureStore Store(int port, string container) => new(ObjectPath.Parse($"az://{container}"), TestOptions.Through(port));

    private AzureStore Store(int port, out string container)
    {
        container = fixture.NewContainer();
        return new AzureStore(ObjectPath.Parse($"az://{container}/a folder"), TestOptions.Through(port));
    }
}
