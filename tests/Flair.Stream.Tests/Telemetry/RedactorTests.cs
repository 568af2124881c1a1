using System.Globalization;
using Flair.Telemetry;

namespace Flair.Tests.Telemetry;

public sealed class RedactorTests
{
    private const string Signatures = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Where secrets stand; {0} is the secret.</summary>
    private static readonly string[] s_places =
    [
        "https://acct.blob.core.windows.net/c/a.tif?sv=2024-11-04&sp=r&sig={0}&se=2030",
        "sig={0}",
        "?se=1&sig={0}",
        "az://c/p?SIG={0}",
        "vsicurl?url=https%3A%2F%2Fx%2Fa.tif%3Fsv%3D1%26sig%3D{0}%26se%3D2",
        "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={0};EndpointSuffix=core.windows.net",
        "BlobEndpoint=https://x;SharedAccessSignature=sv=2024&sp=r&sig={0}",
        "SharedAccessKey={0}",
        "Authorization: Bearer {0}",
        "authorization: SharedKey acct:{0}",
        "Authorization=Basic {0} failed",
        "{{\"Authorization\":[\"Bearer {0}\"]}}",
        "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature={0}",
        "Authorization: Digest username=\"u\", response=\"{0}\", uri=\"/\"",
        "https://user:{0}@host:8080/path",
        "https://user:a/{0}@host/path",
        "s3 X-Amz-Signature={0}&X-Amz-Date=1",
        "X-Amz-Security-Token={0}",
        "\"password\": \"{0}\"",
        "password: '{0}'",
        "{{\\\"client_secret\\\":\\\"{0}\\\"}}",
        "client_secret={0}",
        "AWS_SECRET_ACCESS_KEY={0}",
        "aws_session_token: {0}",
        "api-key={0}",
        "GDAL_HTTP_USERPWD=user:{0}",
        "two: sig={0} and then AccountKey={0};x",
        "a\nsig={0}\nb",
    ];

    private static readonly string[] s_innocent =
    [
        "tile D033_2021 done in 12 s (2/4)",
        "/data/2021/33-2021-0400-6420.tif cannot be read: TIFFReadEncodedTile() failed",
        "https://acct.blob.core.windows.net/container/a/b.tif",
        "http://127.0.0.1:10000/devstoreaccount1/c/a@b.tif",
        "az://container/path/tile.tif?snapshot=1",
        "window.size=512, config=3, design: 4, signal=2",
        "the token of the file is not valid; basic authentication failed",
        "Bearer authentication is needed",
        "a person@example.org wrote /home/x@y/z",
        "resnet34_unet, 5 channels, flair-15: 1e-3 = 0.001",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "",
        "a",
        "***",
    ];

    public static TheoryData<string> Places => [.. s_places, "https://{0}@host/path"];

    public static TheoryData<string> Innocent => [.. s_innocent];

    [Theory]
    [MemberData(nameof(Places))]
    public void NoSecretIsLeft(string place)
    {
        var random = new Random(place.Length);
        for (var i = 0; i < 50; i++)
        {
            // A user's name alone may hold no slash: what follows would be a path.
            var secret = place.StartsWith("https://{0}", StringComparison.Ordinal) ? Secret(random).Replace('/', '-') : Secret(random);
            var text = string.Format(CultureInfo.InvariantCulture, place, secret);
            var clean = Redactor.Clean(text);
            Assert.DoesNotContain(secret, clean, StringComparison.Ordinal);
            Assert.Contains(Redactor.Mark, clean, StringComparison.Ordinal);
            Assert.Equal(clean, Redactor.Clean(clean));
        }
    }

    [Fact]
    public void NoSecretIsLeftAmongOtherText()
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var secrets = new List<string>();
            var text = string.Join(random.Next(2) == 0 ? " " : "\n", Enumerable.Range(0, 1 + random.Next(5)).Select(_ =>
            {
                if (random.Next(3) == 0)
                    return s_innocent[random.Next(s_innocent.Length)];
                var secret = Secret(random);
                secrets.Add(secret);
                return string.Format(CultureInfo.InvariantCulture, s_places[random.Next(s_places.Length)], secret);
            }));
            var clean = Redactor.Clean(text);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, clean, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Innocent))]
    public void TextWithoutSecretsStays(string text) => Assert.Equal(text, Redactor.Clean(text));

    [Fact]
    public void WhatSurroundsASecretStays() => Assert.Equal(
        "https://a.example/c/t.tif?sv=1&sig=***&se=2 cannot be read: 403",
        Redactor.Clean("https://a.example/c/t.tif?sv=1&sig=abc%2Bdef%3D&se=2 cannot be read: 403"));

    [Fact]
    public void KeysAreKnownByTheirForm()
    {
        var key = Convert.ToBase64String([.. Enumerable.Range(0, 64).Select(i => (byte)(i * 7))]);
        var signature = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)(i * 11))]);
        Assert.Equal("key *** is wrong", Redactor.Clean($"key {key} is wrong"));
        Assert.Equal("key *** is wrong", Redactor.Clean($"key {signature} is wrong"));
        Assert.Equal("got ***", Redactor.Clean("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"));
    }

    [Fact]
    public void AddedSecretsAreFoundInEveryForm()
    {
        var key = $"p+q/{Guid.NewGuid():N}==";
        Redactor.AddSecret($"AccountName=x;AccountKey={key};EndpointSuffix=y");
        Redactor.AddSecret("abc");
        Redactor.AddSecret(null);
        Assert.Equal("the key *** and *** again; abc", Redactor.Clean($"the key {key} and {Uri.EscapeDataString(key)} again; abc"));
    }

    [Theory]
    [InlineData("AZURE_STORAGE_CONNECTION_STRING", true)]
    [InlineData("AZURE_STORAGE_ACCESS_KEY", true)]
    [InlineData("AZURE_STORAGE_KEY", true)]
    [InlineData("AZURE_STORAGE_SAS_TOKEN", true)]
    [InlineData("AZURE_CLIENT_SECRET", true)]
    [InlineData("AWS_SECRET_ACCESS_KEY", true)]
    [InlineData("AWS_SESSION_TOKEN", true)]
    [InlineData("GS_SECRET_ACCESS_KEY", true)]
    [InlineData("GDAL_HTTP_USERPWD", true)]
    [InlineData("GDAL_HTTP_HEADERS", true)]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", true)]
    [InlineData("DB_PASSWORD", true)]
    [InlineData("GOOGLE_APPLICATION_CREDENTIALS", false)]
    [InlineData("AZURE_STORAGE_ACCOUNT", false)]
    [InlineData("PWD", false)]
    [InlineData("OLDPWD", false)]
    [InlineData("HOME", false)]
    [InlineData("KEYBOARD", false)]
    public void SecretVariables(string name, bool secret) => Assert.Equal(secret, Redactor.IsSecretName(name));

    [Fact]
    public void AWriterCleansWhatGoesThrough()
    {
        using var inner = new StringWriter { NewLine = "\n" };
        using var writer = new RedactingWriter(inner);
        writer.WriteLine("sig=abcdef123 x");
        writer.Write("sig=abcdef123".AsSpan());
        writer.WriteLine("{0}", "?sig=abcdef123");
        writer.WriteLine((object)new FlairException("sig=abcdef123"));
        writer.Write('c');
        Assert.DoesNotContain("abcdef123", inner.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("sig=*** x\nsig=***?sig=***\nFlair.FlairException: sig=***\nc", inner.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 20_000)]
    public Task HostileTextIsCleanedInTime() => Task.Run(() =>
    {
        foreach (var part in new[] { "://a:b", "sig=", "authorization: \"", "'", "token", "Bearer a", "eyJ", "a_", "%26" })
            Redactor.Clean(string.Concat(Enumerable.Repeat(part, 20_000 / part.Length)));
    });

    private static string Secret(Random random) => new([.. Enumerable.Range(0, 16 + random.Next(60)).Select(i => i is > 0 and < 15 && random.Next(8) == 0 ? "+/%~._-"[random.Next(7)] : Signatures[random.Next(Signatures.Length)])]);
}
