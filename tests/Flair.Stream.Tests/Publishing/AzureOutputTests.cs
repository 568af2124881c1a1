using Flair.Indexing;
using Flair.Running;
using Flair.Settings;
using Flair.Storage;
using Flair.Storage.Tests.Faults;
using Flair.Tests.Models;
using Flair.Tests.Running;

namespace Flair.Tests.Publishing;

/// <summary>Runs from Azurite to Azurite, behind a proxy that lets things go wrong.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class AzureOutputTests : IDisposable
{
    private readonly Scene _scene = new();
    private readonly AzuriteFixture _azurite = new();

    public void Dispose()
    {
        RemoteFiles.Configure(StorageOptions.Default);
        _azurite.Dispose();
        _scene.Dispose();
    }

    [AzuriteFact]
    public async Task A_run_from_objects_to_objects_through_faults_equals_one_to_files()
    {
        _scene.Write("input", 2, 2);
        var container = await UploadAsync();
        RemoteFiles.Configure(Azurite.Through(_azurite.Azurite.Port));
        await Run(Settings(container, _scene.Output("local")));
        var faults = FaultProxy.Seeded(3, 0.25, Fault.Busy, Fault.TooMany, Fault.Error, Fault.Reset, Fault.ResetInBody, Fault.Cut, Fault.LostReply);
        var writes = 0;
        using var proxy = new FaultProxy(
            _azurite.Azurite.Port, request => request.Method == "PUT" && Interlocked.Increment(ref writes) % 5 == 1 ? Fault.LostReply : faults(request));
        RemoteFiles.Configure(Azurite.Through(proxy.Port));
        var client = new Azure.Storage.Blobs.BlobContainerClient(Azurite.ConnectionString(_azurite.Azurite.Port), container);
        var signature = client.GenerateSasUri(Azure.Storage.Sas.BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1)).Query;
        var settings = Settings(container, $"az://{container}/out/map{signature}");

        var notices = await Run(settings);

        Assert.Contains(proxy.Seen, request => request.Fault == Fault.LostReply && request.Method == "PUT");
        AssertEqual("local", await DownloadAsync(container, "out/map/", "remote"));

        // What lies there opens from there.
        Assert.Equal(Pixels(_scene.Output("local/map.vrt")), Pixels($"az://{container}/out/map/map.vrt"));
        using (var inspector = new IndexInspector($"az://{container}/out/map"))
            Assert.Equal((true, 4), (inspector.Finished, inspector.Summary().TilesDone));

        // Nothing to do: a listing of the inputs and one of the outputs, from a machine that has the mirror.
        RemoteFiles.Forget();
        using var quiet = new FaultProxy(_azurite.Azurite.Port, _ => Fault.None);
        RemoteFiles.Configure(Azurite.Through(quiet.Port));
        await Run(settings);
        Assert.Equal(1, quiet.Seen.Count(request => request.Target.Contains("out%2Fmap", StringComparison.Ordinal)));
        Assert.DoesNotContain(quiet.Seen, request => request.Method is "PUT" or "DELETE");

        // No secret in any object, any file of the mirror, any message.
        var secrets = new[] { Azurite.Key, "sig=", signature.Split("sig=")[1].Split('&')[0] };
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var file in Directory.GetFiles(_scene.Output("remote"), "*", options).Concat(Directory.GetFiles(_scene.Output("work"), "*", options)))
            Assert.All(secrets, secret => Assert.False(System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file)).Contains(secret, StringComparison.Ordinal), file));
        Assert.DoesNotContain(notices, notice => secrets.Any(secret => notice.Contains(secret, StringComparison.Ordinal)));
    }

    [AzuriteFact]
    public async Task Two_runs_at_once_leave_one_whole_result_and_an_answer_lost_on_a_record_costs_nothing()
    {
        _scene.Write("input", 2, 1);
        var container = await UploadAsync();
        var lost = 0;
        using var proxy = new FaultProxy(
            _azurite.Azurite.Port,
            request => request.Method == "PUT" && request.Target.Contains("/.flair/tiles/", StringComparison.Ordinal)
                && request.Target.Contains("comp=blocklist", StringComparison.Ordinal) && Interlocked.Increment(ref lost) <= 2 ? Fault.LostReply : Fault.None);
        RemoteFiles.Configure(Azurite.Through(proxy.Port));
        var address = $"az://{container}/map";

        await Task.WhenAll(Run(Settings(container, address)), Run(Settings(container, address, "work-2")));

        Assert.Equal(2, proxy.Seen.Count(request => request.Fault == Fault.LostReply));
        var files = await DownloadAsync(container, "map/", "remote");
        await Run(Settings(container, _scene.Output("local")));
        AssertEqual("local", files);
        Assert.Equal(2, files.Count(file => file.StartsWith(".flair/slices/", StringComparison.Ordinal)));
        Assert.Equal(2, files.Count(file => file.StartsWith(".flair/tiles/", StringComparison.Ordinal)));
    }

    [AzuriteFact]
    public async Task A_storage_that_stays_broken_ends_the_run_with_one_line_and_the_next_goes_on()
    {
        _scene.Write("input", 2, 1);
        var container = await UploadAsync();
        var broken = true;
        using var proxy = new FaultProxy(
            _azurite.Azurite.Port,
            request => broken && request.Method == "PUT" && request.Target.Contains("tile-0-1", StringComparison.Ordinal) ? Fault.Busy : Fault.None);
        RemoteFiles.Configure(Azurite.Through(proxy.Port) with { Attempts = 3 });
        var address = $"az://{container}/map";

        var fault = await Assert.ThrowsAsync<FlairException>(() => Run(Settings(container, address)));

        Assert.Equal($"{address}/tiles/tile-0-1.tif: HTTP 503 (3 attempts); what is finished stays: run the same command again to go on", fault.Message);
        Assert.DoesNotContain(await DownloadAsync(container, "map/", "half"), file => file.Contains("tile-0-1", StringComparison.Ordinal) || file.EndsWith(".parquet", StringComparison.Ordinal) && !file.StartsWith(".flair", StringComparison.Ordinal));
        broken = false;
        RemoteFiles.Forget();
        await Run(Settings(container, address));
        await Run(Settings(container, _scene.Output("local")));
        AssertEqual("local", await DownloadAsync(container, "map/", "remote"));
    }

    [AzuriteFact]
    public async Task A_preview_is_not_made_without_an_image_that_cannot_be_read_just_now()
    {
        _scene.Write("input", 1, 1);
        var container = await UploadAsync();
        RemoteFiles.Configure(Azurite.Through(_azurite.Azurite.Port));
        await Run(Settings(container, _scene.Output("local")));
        await Run(Settings(container, $"az://{container}/map"));
        await Store(container).DeleteAsync("map/preview.png");
        var listed = 0;
        using var proxy = new FaultProxy(_azurite.Azurite.Port, request =>
        {
            // The output is listed at the start and again right before the files of the whole map are made.
            if (request.Target.Contains("comp=list", StringComparison.Ordinal) && request.Target.Contains("map", StringComparison.Ordinal))
                Interlocked.Increment(ref listed);
            return Volatile.Read(ref listed) > 1 && request.Target.Contains("/in/", StringComparison.Ordinal) ? Fault.Busy : Fault.None;
        });
        RemoteFiles.Configure(Azurite.Through(proxy.Port) with { Attempts = 2 });

        var fault = await Assert.ThrowsAsync<FlairException>(() => Run(Settings(container, $"az://{container}/map")));

        Assert.DoesNotContain("disk", fault.Message, StringComparison.Ordinal);
        RemoteFiles.Configure(Azurite.Through(_azurite.Azurite.Port));
        await Run(Settings(container, $"az://{container}/map"));
        AssertEqual("local", await DownloadAsync(container, "map/", "remote"));
    }

    private RunSettings Settings(string container, string output, string work = "work")
    {
        var settings = Scene.Settings($"az://{container}/in", RemotePlaces.WithoutSecret(output));
        return settings with { Resources = settings.Resources with { Work = _scene.Output(work) } };
    }

    private AzureStore Store(string container) => new(ObjectPath.Parse($"az://{container}"), Azurite.Through(_azurite.Azurite.Port));

    private async Task<string> UploadAsync()
    {
        var container = _azurite.NewContainer();
        foreach (var file in Directory.GetFiles(_scene.Input))
            await Store(container).CreateAsync($"in/{Path.GetFileName(file)}", ObjectContent.OfFile(file));
        return container;
    }

    /// <summary>Copies what lies below a prefix to a folder of the scene.</summary>
    /// <returns>The names, relative to the prefix.</returns>
    private Task<List<string>> DownloadAsync(string container, string prefix, string folder) => Task.Run(() =>
    {
        var names = new List<string>();
        foreach (var entry in Store(container).List(prefix))
        {
            var file = Path.Combine(_scene.Output(folder), entry.Key[prefix.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            Store(container).Download(entry.Key, file);
            names.Add(entry.Key[prefix.Length..]);
        }

        return names;
    });

    private static async Task<List<string>> Run(RunSettings settings)
    {
        using var recorder = new Recorder();
        Assert.Equal(0, (await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None)).ExitCode);
        return recorder.Notices;
    }

    private void AssertEqual(string local, List<string> remote)
    {
        var folder = _scene.Output(local);
        var expected = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Where(path => !path.StartsWith(".flair", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(expected, remote.Where(name => !name.StartsWith(".flair", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var name in expected.Where(name => !name.EndsWith(".parquet", StringComparison.Ordinal)))
            Assert.True(Sha256.OfFile(Path.Combine(folder, name)) == Sha256.OfFile(_scene.Output("remote/" + name)), name);
    }

    private static byte[] Pixels(string path) => Scene.Classes(path);
}
