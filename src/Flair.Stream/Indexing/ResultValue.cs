using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Flair.DuckDb;

namespace Flair.Indexing;

/// <summary>A value of a query's result as text, and as JSON.</summary>
internal static class ResultValue
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static bool IsNumber(object? value) =>
        value is sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger or float or double or decimal;

    /// <summary>For a table or CSV: empty for NULL, hexadecimal for bytes, JSON for what is nested.</summary>
    public static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool truth => truth ? "true" : "false",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        DuckStruct or DuckMap or IEnumerable => Json(value),
        DateTime time => Time(time),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>As JSON: numbers as numbers, NaN and infinities as null, bytes as hexadecimal, a map with text keys as an object.</summary>
    public static string Json(object? value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
            Write(json, value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null or double.NaN or double.PositiveInfinity or double.NegativeInfinity or float.NaN or float.PositiveInfinity or float.NegativeInfinity:
                json.WriteNullValue();
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case var number when IsNumber(number):
                json.WriteRawValue(((IFormattable)number).ToString(null, CultureInfo.InvariantCulture));
                break;
            case DuckStruct structure:
                json.WriteStartObject();
                for (var i = 0; i < structure.Names.Count; i++)
                {
                    json.WritePropertyName(structure.Names[i]);
                    Write(json, structure.Values[i]);
                }

                json.WriteEndObject();
                break;
            case DuckMap map when map.Entries.All(entry => entry.Key is string):
                json.WriteStartObject();
                foreach (var (key, item) in map.Entries)
                {
                    json.WritePropertyName((string)key);
                    Write(json, item);
                }

                json.WriteEndObject();
                break;
            case DuckMap map:
                Write(json, map.Entries.Select(entry => new DuckStruct(["key", "value"], [entry.Key, entry.Value])).ToArray());
                break;
            case IEnumerable list and not string and not byte[]:
                json.WriteStartArray();
                foreach (var item in list)
                    Write(json, item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    private static string Time(DateTime time)
    {
        var text = time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
        return time.Kind == DateTimeKind.Utc ? text + "Z" : text;
    }
}
