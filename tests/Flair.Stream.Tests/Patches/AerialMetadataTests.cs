using System.Text.Json;
using Flair.Patches;

namespace Flair.Tests.Patches;

public sealed class AerialMetadataTests : IDisposable
{
    private const string Good = """{ "patch_centroid_x": 1, "patch_centroid_y": 2, "patch_centroid_z": 3, "date": "2019-07-14", "time": "9h05", "camera": "UCE" }""";

    private readonly PatchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void IsWhatFlair1Encodes()
    {
        string Data(string name) => Path.Combine(AppContext.BaseDirectory, "Patches", "Data", name);
        var expected = JsonSerializer.Deserialize<double[][]>(File.ReadAllText(Data("metadata_encoded.json")))!;
        var encoded = AerialMetadata.Read(Data("metadata_aerial.json"), [Patch("D033/img/IMG_000001.tif"), Patch("IMG_000002.png"), Patch("/x/IMG_000003.tif"), Patch("IMG_000001.tif")]);

        Assert.Equal(4, encoded.Count);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(AerialMetadata.Length, encoded[i].Length);
            for (var k = 0; k < AerialMetadata.Length; k++)
                Assert.Equal(expected[i][k], encoded[i][k], 1e-6);
        }

        Assert.Equal(encoded[0], encoded[3]);
    }

    [Fact]
    public void OfTwoEntriesTheLastCounts()
    {
        var json = Json($$"""{ "a": {}, "a": {{Good}} }""");
        Assert.Single(AerialMetadata.Read(json, [Patch("a.tif")]));
    }

    [Theory]
    [InlineData("2017-07-14", false)]
    [InlineData("2022-07-14", false)]
    [InlineData("2018-07-14", true)]
    [InlineData("2021-12-31", true)]
    [InlineData("2019-13-01", false)]
    [InlineData("2019-07", false)]
    [InlineData("14/07/2019", false)]
    public void OnlyTheYearsOfFlair(string date, bool known)
    {
        var json = Json($$"""{ "a": {{Good.Replace("2019-07-14", date, StringComparison.Ordinal)}} }""");
        if (known)
            Assert.Equal(1, AerialMetadata.Read(json, [Patch("a.tif")])[0][35 + int.Parse(date[..4], null) - 2018]);
        else
            Assert.Equal($"m.json: 'a' has the date '{date}', not one such as 2019-07-14 in 2018 to 2021, the years that FLAIR-1 knows", ErrorOf(json, "a.tif"));
    }

    [Fact]
    public void AllThatIsMissingOrWrongIsSaidAtOnce()
    {
        var json = Json($$"""
            { "a": {{Good}}, "b": {{Good.Replace("9h05", "9:05", StringComparison.Ordinal)}}, "c": {{Good.Replace("patch_centroid_y", "y", StringComparison.Ordinal)}},
              "d": {{Good.Replace("\"UCE\"", "1", StringComparison.Ordinal)}}, "e": 5 }
            """);
        Assert.Equal(
            """
            m.json: no metadata of 2 patches: f, g
            m.json: 'b' has the time '9:05', not one such as 9h05
            m.json: 'c' has no number 'patch_centroid_y'
            m.json: 'd' has no text 'camera'
            m.json: 'e' must be an object
            """,
            ErrorOf(json, "a.tif", "g.tif", "b.tif", "c.tif", "d.tif", "e.tif", "f.tif", "g.tif"));
    }

    [Fact]
    public void ManyAreCounted() => Assert.Equal(
        $"m.json: no metadata of 25 patches: {string.Join(", ", Enumerable.Range(10, 20))} and 5 more",
        ErrorOf(Json("{}"), [.. Enumerable.Range(10, 25).Select(i => $"{i}.tif")]));

    [Theory]
    [InlineData("[]", "m.json: the aerial metadata must be an object with one entry a patch")]
    [InlineData("{\n\"a\": nan }", "m.json:2: the aerial metadata are not JSON from here on")]
    public void WhatIsNoMetadata(string text, string error) => Assert.Equal(error, ErrorOf(Json(text), "a.tif"));

    private static PatchFiles Patch(string image) => new(image, null, 1);

    private string Json(string text)
    {
        File.WriteAllText(_folder.At("m.json"), text);
        return _folder.At("m.json");
    }

    private string ErrorOf(string json, params string[] images) =>
        string.Join('\n', _folder.Short(Assert.Throws<FlairException>(() => AerialMetadata.Read(json, [.. images.Select(Patch)]))));
}
