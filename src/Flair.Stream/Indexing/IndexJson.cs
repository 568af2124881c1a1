using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Flair.Nomenclatures;
using Flair.Publishing;
using Flair.Source;

namespace Flair.Indexing;

/// <summary>The JSON that lies in the work folder and in the Parquet files' metadata: snake_case, NaN as a string, enums by name.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(ClassConverter)])]
[JsonSerializable(typeof(TileRecord))]
[JsonSerializable(typeof(IndexDescription))]
[JsonSerializable(typeof(MosaicGrid))]
[JsonSerializable(typeof(QuarantinedFile[]))]
[JsonSerializable(typeof(MapMarker))]
[JsonSerializable(typeof(Nomenclature))]
internal sealed partial class IndexJson : JsonSerializerContext;

/// <summary>Classes with their colours as <c>#rrggbb</c>.</summary>
internal sealed class ClassConverter : JsonConverter<LandCoverClass>
{
    public override LandCoverClass Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            var root = document.RootElement;
            return new LandCoverClass(
                root.GetProperty("index").GetInt32(),
                root.GetProperty("name").GetString()!,
                int.Parse(root.GetProperty("color").GetString().AsSpan().TrimStart('#'), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                root.GetProperty("active").GetBoolean());
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new JsonException("a class is not {index, name, color, active}", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, LandCoverClass value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index", value.Index);
        writer.WriteString("name", value.Name);
        writer.WriteString("color", $"#{value.Color:x6}");
        writer.WriteBoolean("active", value.Active);
        writer.WriteEndObject();
    }
}
