using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace Flair.Cli.Tests.Telemetry;

/// <summary>Receives OTLP by HTTP on this machine.</summary>
internal sealed class Collector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();
    private readonly Task _serving;

    public Collector()
    {
        Endpoint = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add(Endpoint + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Endpoint { get; }

    public IEnumerable<string> Texts => _received.Select(request => Encoding.Latin1.GetString(request.Body));

    /// <summary>opentelemetry/proto/trace/v1/trace.proto: name, trace, identifier, parent, attributes, and the status's code.</summary>
    public IReadOnlyList<Span> Spans =>
    [
        .. Messages("/v1/traces").SelectMany(span => (Span[])[new(
            Text(span, 5),
            Convert.ToHexString(Bytes(span, 1)),
            Convert.ToHexString(Bytes(span, 2)),
            Convert.ToHexString(Bytes(span, 4)),
            All(span, 9).Select(Fields).ToDictionary(pair => Text(pair, 1), pair => Value(Fields(Bytes(pair, 2)))),
            (int)(ulong)(All(span, 15).Select(status => Fields(status).FirstOrDefault(one => one.Number == 3).Value).FirstOrDefault() ?? 0UL))]),
    ];

    /// <summary>opentelemetry/proto/metrics/v1/metrics.proto: name and unit.</summary>
    public IReadOnlyDictionary<string, string> Metrics =>
        Messages("/v1/metrics").Select(metric => (Name: Text(metric, 1), Unit: Text(metric, 3))).Distinct().ToDictionary(metric => metric.Name, metric => metric.Unit);

    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _listener.Stop();
        _serving.Wait();
        _listener.Close();
    }

    // Both requests nest alike: 1 resource_*, 2 scope_*, 2 span or metric.
    private IEnumerable<List<(int Number, object Value)>> Messages(string path) => _received.Where(request => request.Path == path)
        .SelectMany(request => All(Fields(request.Body), 1)).SelectMany(resource => All(Fields(resource), 2)).SelectMany(scope => All(Fields(scope), 2)).Select(Fields);

    private static List<(int Number, object Value)> Fields(byte[] message)
    {
        var fields = new List<(int, object)>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            object value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => input.ReadFixed32(),
                _ => input.ReadBytes().ToByteArray(),
            };
            fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }

        return fields;
    }

    private static IEnumerable<byte[]> All(List<(int Number, object Value)> fields, int number) => fields.Where(field => field.Number == number).Select(field => (byte[])field.Value);

    private static byte[] Bytes(List<(int Number, object Value)> fields, int number) => All(fields, number).FirstOrDefault() ?? [];

    private static string Text(List<(int Number, object Value)> fields, int number) => Encoding.UTF8.GetString(Bytes(fields, number));

    private static string Value(List<(int Number, object Value)> any) => any.Count == 0 ? "" : any[0].Value is byte[] text ? Encoding.UTF8.GetString(text) : any[0].Value.ToString()!;

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _received.Enqueue((context.Request.Url!.AbsolutePath, body.ToArray()));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The end.
        }
    }
}

internal sealed record Span(string Name, string Trace, string Id, string Parent, IReadOnlyDictionary<string, string> Attributes, int Status);
