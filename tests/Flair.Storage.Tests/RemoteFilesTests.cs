using Flair.Gdal;
using Flair.Storage.Tests.Faults;

namespace Flair.Storage.Tests;

[Collection("azurite")]
public sealed class RemoteFilesTests : IDisposable
{
    private const int Size = 1500;
    private static readonly Fault[] All =
        [Fault.Busy, Fault.TooMany, Fault.Error, Fault.Reset, Fault.ResetInBody, Fault.Cut, Fault.LostReply, Fault.Slow];

    private readonly AzuriteFixture _fixture;
    private readonly string _folder = Directory.CreateTempSubdirectory("flair-remote-").FullName;

    public RemoteFilesTests(AzuriteFixture fixture)
    {
        _fixture = fixture;
        RemoteFiles.Install();
    }

    [AzuriteTheory]
    [InlineData(0, "TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE")]
    [InlineData(0.3, "TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE")]
    [InlineData(0.3, "TILED=NO", "INTERLEAVE=BAND", "COMPRESS=LZW")]
    public async Task PixelsAreThoseOfTheFile(double share, params string[] options)
    {
        var (container, local) = await UploadAsync(options);
        var (faults, reads) = (FaultProxy.Seeded(7, share, All), 0);
        Fault Decide(SeenRequest request) => share > 0 && request.Method == "GET" && Interlocked.Increment(ref reads) == 2 ? Fault.Cut : faults(request);
        using var proxy = new FaultProxy(_fixture.Azurite.Port, Decide) { Delay = TimeSpan.FromMilliseconds(20) };
        RemoteFiles.Configure(TestOptions.Through(proxy.Port));
        var expected = Pixels(local);

        var read = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Pixels($"az://{container}/a.tif"))));

        Assert.All(read, pixels => Assert.Equal(expected, pixels));
        if (share > 0)
            Assert.Contains(proxy.Seen, request => request.Fault != Fault.None);
    }

    [AzuriteFact]
    public async Task ManyReadersOfAFileAskForEachByteOnce()
    {
        var (container, local) = await UploadAsync("TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE");
        using var proxy = new FaultProxy(_fixture.Azurite.Port, _ => Fault.None);
        RemoteFiles.Configure(TestOptions.Through(proxy.Port) with { HedgeAfter = TimeSpan.FromMinutes(1), StallTimeout = TimeSpan.FromMinutes(1) });
        var path = ObjectPath.Parse($"az://{container}/a.tif");
        var before = RemoteFiles.Traffic;

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Pixels(path.ToString()))));

        // One HEAD, no look for files beside it, no byte twice, and far fewer requests than blocks.
        long bytes = new FileInfo(local).Length;
        Assert.Equal(1, proxy.Seen.Count(request => request.Method == "HEAD"));
        Assert.All(proxy.Seen, request => Assert.EndsWith("/a.tif", request.Target, StringComparison.Ordinal));
        var ranges = proxy.Seen.Where(request => request.Method == "GET").Select(request => request.Range!["bytes=".Length..].Split('-').Select(long.Parse).ToArray()).ToList();
        Assert.Equal(bytes, ranges.Sum(range => range[1] - range[0] + 1));
        Assert.InRange(ranges.Count, 2, 16);
        Assert.Equal(new RemoteTraffic(ranges.Count + 1, bytes, RemoteFiles.TrafficOf(path).BytesUsed), RemoteFiles.TrafficOf(path));
        Assert.Equal(ranges.Count + 1, RemoteFiles.Traffic.Since(before).Requests);
    }

    [AzuriteFact]
    public async Task OneWindowDoesNotFetchTheFile()
    {
        var (container, local) = await UploadAsync("TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256");
        RemoteFiles.Configure(TestOptions.Through(_fixture.Azurite.Port));
        using var raster = Raster.Open($"az://{container}/a.tif");
        var window = new byte[256 * 256];

        raster.Read<byte>(512, 512, 256, 256, [1], window);

        var traffic = RemoteFiles.TrafficOf(ObjectPath.Parse($"az://{container}/a.tif"));
        Assert.InRange(traffic.BytesReceived, 1, new FileInfo(local).Length / 3);
    }

    [AzuriteFact]
    public async Task AFailureIsToldAndDoesNotStick()
    {
        var (container, local) = await UploadAsync("COMPRESS=DEFLATE");
        bool broken = true;
        using var proxy = new FaultProxy(_fixture.Azurite.Port, _ => broken ? Fault.Busy : Fault.None);
        RemoteFiles.Configure(TestOptions.Through(proxy.Port, attempts: 2));

        var fault = Assert.Throws<GdalException>(() => Raster.Open($"az://{container}/a.tif"));
        Assert.Equal($"az://{container}/a.tif: HTTP 503 (2 attempts)", fault.Message);
        broken = false;
        Assert.Equal(Pixels(local), Pixels($"az://{container}/a.tif"));

        // And one within the file: what was read stays, what failed is asked for anew.
        RemoteFiles.Forget();
        using var raster = Raster.Open($"az://{container}/a.tif");
        broken = true;
        fault = Assert.Throws<GdalException>(() => raster.Read(0, Size - 10, Size, 10, [3], new byte[Size * 10]));
        Assert.Contains("HTTP 503", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Azurite.Key, fault.ToString(), StringComparison.Ordinal);
        broken = false;
        Assert.Equal(Pixels(local), Pixels($"az://{container}/a.tif"));
    }

    [AzuriteFact]
    public async Task AMissingFileIsTold()
    {
        var container = _fixture.NewContainer();
        RemoteFiles.Configure(TestOptions.Through(_fixture.Azurite.Port));

        var fault = Assert.Throws<GdalException>(() => Raster.Open($"az://{container}/none.tif"));
        Assert.Contains("none.tif", fault.Message, StringComparison.Ordinal);

        // It is found as soon as it is there.
        await new AzureStore(ObjectPath.Parse($"az://{container}"), TestOptions.Through(_fixture.Azurite.Port)).CreateAsync("none.tif", ObjectContent.OfFile(Make("COMPRESS=LZW")));
        Raster.Open($"az://{container}/none.tif").Dispose();
    }

    [AzuriteFact]
    public async Task AFileThatChangesIsNotReadOn()
    {
        var (container, local) = await UploadAsync("TILED=YES");
        var options = TestOptions.Through(_fixture.Azurite.Port);
        RemoteFiles.Configure(options);
        using var raster = Raster.Open($"az://{container}/a.tif");
        await new AzureStore(ObjectPath.Parse($"az://{container}"), options).ReplaceAsync("a.tif", ObjectContent.OfFile(local));

        var fault = Assert.Throws<GdalException>(() => raster.Read(0, Size - 10, Size, 10, [3], new byte[Size * 10]));

        Assert.Contains("changed since it was opened", fault.Message, StringComparison.Ordinal);
        Assert.Equal(Pixels(local), Pixels($"az://{container}/a.tif"));
    }

    [AzuriteFact]
    public async Task AWebServersFileIsReadByItsSignedAddress()
    {
        var (container, local) = await UploadAsync("TILED=YES", "COMPRESS=DEFLATE");
        var client = new Azure.Storage.Blobs.BlobClient(Azurite.ConnectionString(_fixture.Azurite.Port), container, "a.tif");
        var address = client.GenerateSasUri(Azure.Storage.Sas.BlobSasPermissions.Read, DateTimeOffset.UtcNow.AddHours(1)).ToString();
        using var proxy = new FaultProxy(_fixture.Azurite.Port, FaultProxy.Seeded(3, 0.3, All)) { Delay = TimeSpan.FromMilliseconds(20) };
        RemoteFiles.Configure(TestOptions.Through(proxy.Port));
        var path = ObjectPath.Parse(address.Replace($":{_fixture.Azurite.Port}/", $":{proxy.Port}/", StringComparison.Ordinal));

        Assert.Equal(Pixels(local), Pixels(path.ToString()));
        Assert.DoesNotContain("sig=", path.ToString(), StringComparison.Ordinal);
        Assert.Contains(proxy.Seen, request => request.Target.Contains("sig=", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        RemoteFiles.Configure(StorageOptions.Default);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Bands that barely compress, so that the file has many blocks.</summary>
    private string Make(params string[] options)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.tif");
        using var raster = Raster.Create("GTiff", path, Size, Size, 3, GdalType.Byte, options);
        raster.SetGeoTransform([900000, 0.2, 0, 6500000, 0, -0.2]);
        raster.Write<byte>(0, 0, Size, Size, [1, 2, 3], TestOptions.Bytes(4, 3 * Size * Size));
        return path;
    }

    private async Task<(string Container, string Local)> UploadAsync(params string[] options)
    {
        var container = _fixture.NewContainer();
        var local = Make(options);
        await new AzureStore(ObjectPath.Parse($"az://{container}"), TestOptions.Through(_fixture.Azurite.Port)).CreateAsync("a.tif", ObjectContent.OfFile(local));
        return (container, local);
    }

    private static byte[] Pixels(string path)
    {
        using var raster = Raster.Open(path);
        var pixels = new byte[3 * raster.Width * raster.Height];
        int rows = 200;
        for (int y = 0, at = 0; y < raster.Height; y += rows)
        {
            int height = Math.Min(rows, raster.Height - y), length = 3 * raster.Width * height;
            raster.Read(0, y, raster.Width, height, [1, 2, 3], pixels.AsSpan(at, length));
            at += length;
        }

        return pixels;
    }
}
