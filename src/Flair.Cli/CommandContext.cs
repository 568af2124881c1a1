using System.Text.Json;

namespace Flair.Cli;

/// <summary>What every command needs: where it writes, how, and when it must stop.</summary>
/// <param name="Arguments">The command line, for messages that tell how to go on.</param>
/// <param name="Out">Results and progress.</param>
/// <param name="Error">Errors alone.</param>
/// <param name="Stop">Set by Ctrl-C and SIGTERM.</param>
internal sealed record CommandContext(IReadOnlyList<string> Arguments, TextWriter Out, TextWriter Error, CancellationToken Stop)
{
    /// <summary>JSON as the command line writes it: one line, keys in snake_case, NaN as null.</summary>
    public static JsonSerializerOptions JsonOptions { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new FiniteDoubleConverter() },
    };

    /// <summary>Says how long the command may take to end once it was asked to.</summary>
    public Action<TimeSpan> Patience { get; init; } = _ => { };

    /// <summary>True for a person at a terminal that can redraw lines.</summary>
    public bool IsTerminal => ReferenceEquals(Out, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null or "");

    /// <summary>Writes one JSON object on a line of its own.</summary>
    public void WriteJson(object value)
    {
        Out.WriteLine(JsonSerializer.Serialize(value, JsonOptions));
        Out.Flush();
    }

    /// <summary>The command line as one would type it again.</summary>
    public string CommandText() => "flair " + string.Join(' ', Arguments.Select(Quote));

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsLetterOrDigit(c) || "-_./=:,@+".Contains(c, StringComparison.Ordinal)) ? argument : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // JSON knows no NaN; what was not measured is null.
    private sealed class FiniteDoubleConverter : System.Text.Json.Serialization.JsonConverter<double>
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
