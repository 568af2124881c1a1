using System.Diagnostics;
using System.Runtime.CompilerServices;
using Flair.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Flair.Cli.Telemetry;

/// <summary>
/// Sends metrics and traces by OTLP where the environment (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>) or the settings name a collector; OpenTelemetry's own
/// variables for headers, protocol, intervals and resource apply. Without a collector none of its libraries is even loaded. With one
/// that does not answer, what cannot be sent is dropped: queues are bounded, and the end waits <see cref="s_patience"/> at most.
/// </summary>
internal static class TelemetryExport
{
    private const int GrpcPort = 4317;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>Begins to send; null when nothing is to be sent.</summary>
    /// <param name="endpoint">The collector of the settings, such as <c>http://localhost:4318</c>; null for the environment's.</param>
    /// <returns>Dispose of it at the end: it sends what is left.</returns>
    public static IDisposable? Start(string? endpoint)
    {
        if (Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED") is { } disabled && disabled.Equals("true", StringComparison.OrdinalIgnoreCase))
            return null;
        var general = endpoint ?? Variable("OTEL_EXPORTER_OTLP_ENDPOINT");
        var any = general ?? Variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? Variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        return any is null ? null : Open(endpoint, general);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    // Not inlined: whoever calls this loads the libraries.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Export Open(string? endpoint, string? general)
    {
        // A collector on the port of gRPC speaks gRPC; elsewhere OTLP's own default is HTTP.
        var grpc = Uri.TryCreate(general, UriKind.Absolute, out var uri) && uri.Port == GrpcPort;
        var resource = ResourceBuilder.CreateDefault().AddService("flair", serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version!.ToString(3)).AddEnvironmentVariableDetector();
        var traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(FlairTrace.Name)
            .AddProcessor(new RedactingProcessor())
            .AddOtlpExporter(options => Configure(options, "v1/traces"))
            .Build();
        var metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(FlairMeter.Name)
            .AddOtlpExporter(options => Configure(options, "v1/metrics"))
            .Build();
        return new Export(traces, metrics);

        void Configure(OtlpExporterOptions options, string path)
        {
            if (Variable("OTEL_EXPORTER_OTLP_PROTOCOL") is null)
                options.Protocol = grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
            if (Variable("OTEL_EXPORTER_OTLP_TIMEOUT") is null)
                options.TimeoutMilliseconds = (int)s_patience.TotalMilliseconds;
            if (endpoint is not null)
                options.Endpoint = options.Protocol == OtlpExportProtocol.Grpc ? new Uri(endpoint) : new Uri(endpoint.TrimEnd('/') + "/" + path);
        }
    }

    private sealed class Export(TracerProvider traces, MeterProvider metrics) : IDisposable
    {
        public void Dispose()
        {
            // Both at once, and no longer than that: the threads are background threads and end with the process.
            var patience = (int)s_patience.TotalMilliseconds;
            Task.WaitAll([Task.Run(() => traces.Shutdown(patience)), Task.Run(() => metrics.Shutdown(patience))], s_patience);
        }
    }

    /// <summary>Takes secrets out of spans before they are sent.</summary>
    private sealed class RedactingProcessor : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            foreach (var (name, value) in data.TagObjects.ToArray())
            {
                if (value is string text && Redactor.Clean(text) is var clean && clean != text)
                    data.SetTag(name, clean);
            }

            if (data.StatusDescription is { } reason)
                data.SetStatus(data.Status, Redactor.Clean(reason));
        }
    }
}
