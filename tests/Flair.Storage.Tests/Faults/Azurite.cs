using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Flair.Storage.Tests.Faults;

/// <summary>
/// Azurite, Microsoft's emulator of Azure Blob Storage (tests/Flair.Storage.Tests/azurite, installed by scripts/install to
/// <c>.native/azurite</c>), on a port of its own with its blobs in memory; ends with the object.
/// </summary>
public sealed class Azurite : IDisposable
{
    /// <summary>The account and key that Azurite's documentation publishes.</summary>
    public const string Account = "devstoreaccount1";
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Process _process;
    private readonly string _folder;

    private Azurite(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    /// <summary>Why it cannot be started here; null when it can.</summary>
    public static string? Missing { get; } = Find(out _, out _) ? null : "Azurite or node is not here (scripts/install puts it to .native/azurite)";

    /// <summary>The port of its blob service on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>How a client reaches it at a port: its own, or a proxy's.</summary>
    public static string ConnectionString(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Options that reach it through a port, with short pauses.</summary>
    public static StorageOptions Through(int port) => new()
    {
        Attempts = 12,
        FirstDelay = TimeSpan.FromMilliseconds(5),
        LongestDelay = TimeSpan.FromMilliseconds(50),
        Seed = 1,
        Variable = name => name == "AZURE_STORAGE_CONNECTION_STRING" ? ConnectionString(port) : null,

        // Not the process's own connections: each test ends its own.
        Transport = () => new SocketsHttpHandler(),
    };

    /// <summary>Starts one and waits until it answers.</summary>
    public static Azurite Start()
    {
        if (!Find(out var node, out var script))
            throw new InvalidOperationException(Missing);
        for (int attempt = 0; ; attempt++)
        {
            int port = FreePort();
            var folder = Directory.CreateTempSubdirectory("flair-azurite-").FullName;
            var start = new ProcessStartInfo(node, [script, "--blobHost", "127.0.0.1", "--blobPort", $"{port}", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            var azurite = new Azurite(process, folder, port);
            if (azurite.WaitUntilReady())
                return azurite;
            azurite.Dispose();
            if (attempt == 2)
                throw new InvalidOperationException("Azurite does not start");
        }
    }

    public void Dispose()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill();
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool Find(out string node, out string script)
    {
        node = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "node")).FirstOrDefault(File.Exists) ?? "";
        script = Path.Combine(Flair.Tests.Repository.Root, ".native", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js");
        return node.Length > 0 && File.Exists(script);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool WaitUntilReady()
    {
        for (int i = 0; i < 3000 && !_process.HasExited; i++)
        {
            try
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                Thread.Sleep(50);
            }
        }

        return false;
    }
}

/// <summary>A test that needs Azurite, skipped where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AzuriteFactAttribute : FactAttribute
{
    public AzuriteFactAttribute() => Skip = Azurite.Missing;
}

/// <summary>As <see cref="AzuriteFactAttribute"/>, with cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AzuriteTheoryAttribute : TheoryAttribute
{
    public AzuriteTheoryAttribute() => Skip = Azurite.Missing;
}

/// <summary>One Azurite for the tests of a collection, and a container of its own for each that asks.</summary>
public sealed class AzuriteFixture : IDisposable
{
    private readonly Lazy<Azurite> _azurite = new(Azurite.Start);
    private int _containers;

    public Azurite Azurite => _azurite.Value;

    /// <summary>Makes an empty container and gives its name.</summary>
    public string NewContainer()
    {
        var name = $"box{Interlocked.Increment(ref _containers)}-{Guid.NewGuid():N}"[..30];
        new Azure.Storage.Blobs.BlobServiceClient(Faults.Azurite.ConnectionString(Azurite.Port)).CreateBlobContainer(name);
        return name;
    }

    public void Dispose()
    {
        if (_azurite.IsValueCreated)
            _azurite.Value.Dispose();
    }
}

[CollectionDefinition("azurite")]
public sealed class AzuriteCollectionDefinition : ICollectionFixture<AzuriteFixture>;
