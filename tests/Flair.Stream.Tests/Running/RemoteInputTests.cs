using System.Security.Cryptography;
using Flair.Checkpoints;
using Flair.Indexing;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Storage;
using Flair.Storage.Tests.Faults;
using Flair.Tests.Models;

namespace Flair.Tests.Running;

/// <summary>Runs whose inputs and weights lie in Azurite, behind a proxy that lets things go wrong.</summary>
[Collection(LibTorchCollection.Name)]
public sealed class RemoteInputTests : IDisposable
{
    private readonly Scene _scene = new();
    private readonly AzuriteFixture _azurite = new();

    [AzuriteFact]
    public async Task A_run_over_objects_through_faults_equals_one_over_files()
    {
        _scene.Write("input", 3, 2);
        await Run(_scene.Settings("local"));
        var container = await UploadAsync();
        Fault[] faults = [Fault.Cut, Fault.Busy, Fault.ResetInBody, Fault.TooMany, Fault.Reset, Fault.LostReply, Fault.Error];
        var asked = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        using var proxy = new FaultProxy(
            _azurite.Azurite.Port,
            request => asked.AddOrUpdate(request.Target, 1, (_, times) => times + 1) is var times && times <= 3 ? faults[(request.Number + times) % faults.Length] : Fault.None);
        RemoteFiles.Configure(Azurite.Through(proxy.Port));

        var tiles = await Run(Scene.Settings($"az://{container}/d033", _scene.Output("remote")));

        Assert.Equal(Digests("local"), Digests("remote"));
        Assert.All(Directory.GetFiles(_scene.Input), file => Assert.Equal(3, proxy.Seen.Count(request => request.Target.EndsWith(Path.GetFileName(file), StringComparison.Ordinal) && request.Fault != Fault.None)));

        // Listed, so never asked for by a HEAD; opened are rasters alone; requests and bytes are in the tiles' records.
        Assert.DoesNotContain(proxy.Seen, request => request.Method == "HEAD" || request.Target.Contains("readme", StringComparison.Ordinal));
        Assert.Equal(6, tiles.Count);
        Assert.Equal(6, tiles.Sum(tile => tile.Requests));
        Assert.Equal(Directory.GetFiles(_scene.Input).Sum(file => new FileInfo(file).Length), tiles.Sum(tile => tile.BytesReceived));
        Assert.All(tiles, tile => Assert.All(tile.Inputs, input => Assert.NotEqual("", input.ETag)));

        Assert.Empty(await Run(Scene.Settings($"az://{container}/d033", _scene.Output("remote"))));
    }

    [AzuriteFact]
    public async Task An_object_that_was_replaced_is_mapped_again_with_its_neighbours()
    {
        _scene.Write("input", 4, 1);
        var container = await UploadAsync();
        RemoteFiles.Configure(Azurite.Through(_azurite.Azurite.Port));
        var settings = Scene.Settings($"az://{container}/d033/*.tif", _scene.Output("out"));
        await Run(settings);

        await Store(container).ReplaceAsync("d033/tile-0-0.tif", ObjectContent.OfFile(Path.Combine(_scene.Input, "tile-0-0.tif")));

        Assert.Equal(["tile-0-0", "tile-0-1"], (await Run(settings)).Select(tile => tile.Tile).Order());
    }

    [AzuriteFact]
    public async Task No_secret_reaches_an_output()
    {
        _scene.Write("input", 2, 1);
        var container = await UploadAsync();
        var client = new Azure.Storage.Blobs.BlobContainerClient(Azurite.ConnectionString(_azurite.Azurite.Port), container);
        var signature = client.GenerateSasUri(Azure.Storage.Sas.BlobContainerSasPermissions.Read | Azure.Storage.Sas.BlobContainerSasPermissions.List, DateTimeOffset.UtcNow.AddHours(1)).Query;
        RemoteFiles.Configure(Azurite.Through(_azurite.Azurite.Port));
        var pipeline = Path.Combine(_scene.Root, "pipeline.yaml");
        File.WriteAllText(pipeline, $$"""
            input: "az://{{container}}/d033{{signature}}"
            bands: [1, 2, 3]
            output: {{_scene.Output("out")}}
            model: { architecture: resnet18_unet, weights: formula, classes: flair-12 }
            normalization: { type: custom, means: [105, 110, 101], stds: [52, 45, 44] }
            window: { size: 64, margin: 16 }
            batch: 4
            device: cpu
            """);

        await Run(SettingsFile.Read(pipeline, new SettingsOverrides()));

        var secrets = new[] { Azurite.Key, "sig=", signature.Split("sig=")[1].Split('&')[0] };
        var files = Directory.GetFiles(_scene.Output("out"), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None });
        Assert.Contains(files, file => file.EndsWith("run.json", StringComparison.Ordinal));
        foreach (var file in files)
        {
            var text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file));
            Assert.All(secrets, secret => Assert.False(text.Contains(secret, StringComparison.Ordinal), file));
        }

        // Nor a message about an address, be it of the settings or of the storage.
        var messages = new List<string>();
        foreach (var input in new[] { $"az://{container}/nothing{signature}", $"az://no-such-container{signature}", $"nosuch=az://{container}{signature}", $"ftp://host/x{signature}" })
        {
            var fault = await Assert.ThrowsAsync<FlairException>(() => Run(SettingsFile.Read(pipeline, new SettingsOverrides { Inputs = [input] })));
            messages.Add(fault.ToString());
        }

        Assert.All(messages, message => Assert.All(secrets, secret => Assert.DoesNotContain(secret, message, StringComparison.Ordinal)));
    }

    [AzuriteFact]
    public async Task Folders_and_patterns_are_listed_and_what_is_no_raster_is_left_out()
    {
        var container = _azurite.NewContainer();
        foreach (var key in new[] { "a/1.tif", "a/b/2.JP2", "a/b/notes.txt", "a/.hidden/3.tif", "a/map/.flair/run.json", "a/map/tiles/1.tif", "a/map/map.vrt", "a/b/index.vrt", "ab/4.tif" })
            await Store(container).CreateAsync(key, ObjectContent.OfText(key));
        using var proxy = new FaultProxy(_azurite.Azurite.Port, _ => Fault.None);
        RemoteFiles.Configure(Azurite.Through(proxy.Port));

        Assert.Equal(["a/1.tif", "a/b/2.JP2"], Find("a"));
        Assert.Equal(["a/1.tif", "a/b/2.JP2", "ab/4.tif"], Find(""));
        Assert.Equal(["a/1.tif", "ab/4.tif"], Find("*/?.tif"));
        Assert.Equal(["a/b/2.JP2"], Find("a/**/*.JP2"));
        Assert.Equal(["a/b/notes.txt"], Find("a/b/*.txt"));
        Assert.Equal(["a/b/notes.txt"], Find("a/b/notes.txt"));
        Assert.Equal(["a/none.tif"], Find("a/none.tif"));
        Assert.DoesNotContain(proxy.Seen, request => request.Method == "GET" && !request.Target.Contains("comp=list", StringComparison.Ordinal));

        List<string> problems = [];
        Assert.Empty(new RasterDiscovery(false, _ => { }).Find([$"az://{container}/nothing", "az://never-made/x"], problems.Add));
        Assert.Equal(2, problems.Count);
        Assert.Contains("holds no raster", problems[0], StringComparison.Ordinal);
        Assert.Contains("there is no such object or container", problems[1], StringComparison.Ordinal);

        IEnumerable<string> Find(string pattern) => new RasterDiscovery(false, _ => { }).Find([$"az://{container}/{pattern}".TrimEnd('/')], Assert.Fail)
            .Select(found => found.Path[$"az://{container}/".Length..]);
    }

    [AzuriteFact]
    public async Task Weights_are_downloaded_once_and_again_when_they_or_the_copy_changed()
    {
        var container = _azurite.NewContainer();
        using var proxy = new FaultProxy(_azurite.Azurite.Port, _ => Fault.None);
        RemoteFiles.Configure(Azurite.Through(proxy.Port));
        var path = $"az://{container}/models/w.safetensors";
        Assert.Null(RemoteWeights.LocalOrNull(path));
        await Store(container).ReplaceAsync("models/w.safetensors", ObjectContent.OfText("first"));

        var copy = RemoteWeights.Local(path);
        Assert.Equal("first", File.ReadAllText(copy));
        Assert.Equal("w.safetensors", Path.GetFileName(copy));
        int Downloads() => proxy.Seen.Count(request => request.Method == "GET");
        Assert.Equal(copy, RemoteWeights.Local(path));
        Assert.Equal(1, Downloads());

        File.WriteAllText(copy, "f!rst");
        Assert.Equal("first", File.ReadAllText(RemoteWeights.Local(path)));
        Assert.Equal(2, Downloads());

        await Store(container).ReplaceAsync("models/w.safetensors", ObjectContent.OfText("other"));
        var newer = RemoteWeights.Local(path);
        Assert.Equal("other", File.ReadAllText(newer));
        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        Directory.Delete(Path.GetDirectoryName(newer)!, recursive: true);
    }

    [AzuriteFact]
    public async Task A_virtual_raster_reads_its_sources_beside_it()
    {
        _scene.Write("input", 2, 1);
        var container = await UploadAsync();
        var files = Directory.GetFiles(_scene.Input).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        var vrt = $"""
            <VRTDataset rasterXSize="150" rasterYSize="150"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
            <SourceFilename relativeToVRT="1">{files[0]}</SourceFilename><SourceBand>1</SourceBand>
            </SimpleSource></VRTRasterBand></VRTDataset>
            """;
        await Store(container).CreateAsync("d033/one.vrt", ObjectContent.OfText(vrt));
        RemoteFiles.Configure(Azurite.Through(_azurite.Azurite.Port));
        RemoteFiles.Install();

        Assert.Equal(Scene.Classes(Path.Combine(_scene.Input, files[0]!)), Scene.Classes($"az://{container}/d033/one.vrt"));
    }

    public void Dispose()
    {
        RemoteFiles.Configure(StorageOptions.Default);
        _azurite.Dispose();
        _scene.Dispose();
    }

    private AzureStore Store(string container) => new(ObjectPath.Parse($"az://{container}"), Azurite.Through(_azurite.Azurite.Port));

    private async Task<string> UploadAsync()
    {
        var container = _azurite.NewContainer();
        foreach (var file in Directory.GetFiles(_scene.Input))
            await Store(container).CreateAsync($"d033/{Path.GetFileName(file)}", ObjectContent.OfFile(file));
        await Store(container).CreateAsync("d033/readme.txt", ObjectContent.OfText("not imagery"));
        return container;
    }

    private static async Task<IReadOnlyList<TileRow>> Run(RunSettings settings)
    {
        using var recorder = new Recorder();
        var summary = await DetectRun.RunAsync(settings, new RunOptions(), recorder, CancellationToken.None);
        Assert.Equal(0, summary.ExitCode);
        return recorder.Tiles;
    }

    private Dictionary<string, string> Digests(string output) => Directory.GetFiles(_scene.Output(output + "/tiles"))
        .ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
}
