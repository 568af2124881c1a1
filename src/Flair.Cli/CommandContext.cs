using System.Text.Json;
using System.Text.Json.Serialization;
using Flair.Telemetry;

namespace Flair.Cli;

/// <summary>What every command needs: where it writes, how, and when it must stop.</summary>
/// <param name="Arguments">The command line, for messages that tell how to go on.</param>
/// <param name="Out">Results and progress.</param>
/// <param name="Error">Errors alone.</param>
/// <param name="Stop">Set by Ctrl-C and SIGTERM.</param>
internal sealed record CommandContext(IReadOnlyList<string> Arguments, TextWriter Out, TextWriter Error, CancellationToken Stop)
{
    /// <summary>JSON as the command line writes it: one line, keys in snake_case, NaN as null, texts without secrets.</summary>
    public static JsonSerializerOptions JsonOptions { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new FiniteDoubleConverter(), new CleanTextConverter() },
    };

    /// <summary>Says how long the command may take to end once it was asked to.</summary>
    public Action<TimeSpan> Patience { get; init; } = _ => { };

    /// <summary>True for a person at a terminal that can redraw lines.</summary>
    public bool IsTerminal => ReferenceEquals(Bare, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null or "");

    /// <summary>The clock of events.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    // The serializer has taken the secrets out of each text; in whole lines of JSON, quotation marks could be taken for parts of one.
    private TextWriter Bare => Out is RedactingWriter redacting ? redacting.Inner : Out;

    /// <summary>Writes one JSON object on a line of its own.</summary>
    public void WriteJson(object value) => WriteLine(JsonSerializer.Serialize(value, JsonOptions));

    /// <summary>Writes an event on a line of its own: <c>time</c> (UTC), <c>level</c> (info, warning or error), then its fields, <c>event</c> first.</summary>
    /// <param name="fields">An object with a property <c>Event</c>, the event's name, which never changes its meaning.</param>
    /// <param name="level">How grave it is.</param>
    public void WriteEvent(object fields, EventLevel level = EventLevel.Info)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JsonOptions.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("time", Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ"));
            json.WriteString("level", level switch { EventLevel.Error => "error", EventLevel.Warning => "warning", _ => "info" });
            foreach (var field in JsonSerializer.SerializeToElement(fields, JsonOptions).EnumerateObject())
                field.WriteTo(json);
            json.WriteEndObject();
        }

        WriteLine(System.Text.Encoding.UTF8.GetString(line.GetBuffer().AsSpan(0, (int)line.Length)));
    }

    /// <summary>The command line as one would type it again.</summary>
    public string CommandText() => "flair " + string.Join(' ', Arguments.Select(Quote));

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsLetterOrDigit(c) || "-_./=:,@+".Contains(c, StringComparison.Ordinal)) ? argument : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // One line at a time, whichever thread it comes from.
    private void WriteLine(string line)
    {
        var output = Bare;
        lock (output)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private sealed class CleanTextConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(Redactor.Clean(value));
    }

    // JSON knows no NaN; what was not measured is null.
    private sealed class FiniteDoubleConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}

/// <summary>How grave an event is.</summary>
internal enum EventLevel
{
    /// <summary>How it goes on.</summary>
    Info,

    /// <summary>The run goes on, but somebody should look.</summary>
    Warning,

    /// <summary>Something was not done.</summary>
    Error,
}
