using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Flair.Telemetry;

/// <summary>
/// Takes secrets out of text that leaves the program: lines, JSON, records, metadata, telemetry. It errs on the safe side: what merely looks like
/// a key is taken out as well. It knows
/// <list type="bullet">
/// <item>signatures and tokens in URLs (<c>sig=</c> of a SAS, <c>X-Amz-Signature=</c>, …), percent-encoded ones too;</item>
/// <item>fields of connection strings and of JSON or YAML that hold keys or passwords (<c>AccountKey=</c>, <c>"password": …</c>, …);</item>
/// <item><c>Authorization</c> and similar headers, and bearer tokens and shared-key signatures wherever they stand;</item>
/// <item>user names and passwords in URLs, account keys of Azure and JSON web tokens by their form;</item>
/// <item>the values of environment variables whose names say that they are secret, and what <see cref="AddSecret"/> was given.</item>
/// </list>
/// A text without secrets stays as it is, and a text that was cleaned is not changed again.
/// </summary>
public static partial class Redactor
{
    /// <summary>What stands where a secret was.</summary>
    public const string Mark = "***";

    /// <summary>A shorter value would be found in words that are no secret.</summary>
    private const int ShortestSecret = 6;

    /// <summary>The shortest that is known by its form: the beginning of a web token.</summary>
    private const int ShortestKey = 20;

    // Looked for before any pattern is tried: most text has none of them, and a program that never needs the patterns does not compile them.
    private static readonly string[] s_fieldWords = ["sig", "key", "secret", "token", "pass", "pwd", "credential"];
    private static readonly string[] s_schemes = ["bearer", "basic", "sharedkey", "aws4-"];
    private static readonly string[] s_secretWords = ["SECRET", "PASS", "PWD", "TOKEN", "SAS", "KEY", "CONNECTION", "HEADERS"];

    private static readonly Lock s_gate = new();
    private static volatile string[] s_secrets = FromEnvironment();

    /// <summary>Adds a value that must never appear, such as a key read from a file; one of fewer than six characters is not looked for.</summary>
    /// <param name="secret">The value; its percent-encoded form and the keys inside a connection string are looked for as well.</param>
    public static void AddSecret(string? secret)
    {
        lock (s_gate)
            s_secrets = [.. s_secrets.Concat(Forms(secret)).Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length)];
    }

    /// <summary>The text without its secrets.</summary>
    /// <param name="text">Any text; null stays null.</param>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Clean(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length < ShortestSecret)
            return text;
        foreach (var secret in s_secrets)
            text = text.Replace(secret, Mark, StringComparison.Ordinal);
        if (text.AsSpan().IndexOfAny('=', ':', '%') >= 0)
        {
            if (text.Contains("authorization", StringComparison.OrdinalIgnoreCase))
                text = Header().Replace(text, "$1" + Mark);
            if (text.Contains('@', StringComparison.Ordinal))
                text = UserInfo().Replace(text, "://" + Mark + "@");
            if (HasAny(text, s_fieldWords))
                text = Field().Replace(text, "$1" + Mark);
        }

        if (HasAny(text, s_schemes))
            text = Scheme().Replace(text, "$1 " + Mark);
        if (text.Length >= ShortestKey && (text.AsSpan().IndexOfAny('=', '%') >= 0 || text.Contains("eyJ", StringComparison.Ordinal)))
            text = KeyByForm().Replace(text, Mark);
        return text;
    }

    /// <summary>True for the name of an environment variable whose value is secret.</summary>
    // PWD and OLDPWD are directories.
    internal static bool IsSecretName(string name) => name is not ("PWD" or "OLDPWD") && HasAny(name, s_secretWords) && SecretName().IsMatch(name);

    private static bool HasAny(string text, string[] words)
    {
        foreach (var word in words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static string[] FromEnvironment()
    {
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable is { Key: string name, Value: string value } && IsSecretName(name))
                secrets.UnionWith(Forms(value));
        }

        // A secret that is part of another one is looked for after it.
        return [.. secrets.OrderByDescending(secret => secret.Length)];
    }

    /// <summary>A secret as it is, as it stands in a URL, and the values of the fields it is made of.</summary>
    private static IEnumerable<string> Forms(string? secret)
    {
        if (secret is null)
            return [];
        var parts = secret.Contains('=', StringComparison.Ordinal) ? FieldValue().Matches(secret).Select(match => match.Groups[1].Value) : [];
        string[] whole = [secret.Trim(), .. parts];
        return whole.SelectMany(part => (string[])[part, Uri.EscapeDataString(part), Unescaped(part)]).Where(part => part.Length >= ShortestSecret && part != Mark);
    }

    private static string Unescaped(string text) => text.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(text) : text;

    // GOOGLE_APPLICATION_CREDENTIALS and the like name a file, which is no secret.
    [GeneratedRegex(
        "(^|_)(SECRET|PASSWORD|PASSWD|PWD|PASSPHRASE|TOKEN|SAS|APIKEY|USERPWD|PROXYUSERPWD)(_|$)|(ACCESS|ACCOUNT|API|PRIVATE|STORAGE|SIGNING|SHARED)_?KEY$|CONNECTION_?STRING|OTLP(_[A-Z]+)?_HEADERS$|HTTP_HEADERS$",
        RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    // What a variable may be made of: the key, the signature and the password inside a connection string, a query or a list of headers.
    [GeneratedRegex("""(?<![A-Za-z0-9])(?:AccountKey|SharedAccessKey|sig|password|pwd|secret|token|authorization|api-key|x-api-key)=([^;&,\s]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex FieldValue();

    // NAME=VALUE, NAME: VALUE, "NAME": "VALUE", NAME%3DVALUE. The value ends where a query, a connection string, a quotation or a word does.
    [GeneratedRegex(
        """
        ((?>(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))(?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature|x-goog-credential|AWSAccessKeyId|
        (?:shared)?_?access_?_?key|account_?key|storage_?key|api[-_]?key|subscription-key|private_?key|secret_?access_?key|
        (?:[A-Za-z0-9]+[-_])*(?:secret|password|passwd|pwd|passphrase|token)|(?:client|session|refresh|access|id|sas|auth)_?(?:secret|token)|userpwd)
        \\?["']?\s*(?:=|:(?!//)|%3D)\s*))
        (?!\*\*\*)(?:"[^"]*"|'[^']*'|\\"(?:(?!\\").)*\\"|(?:(?!%26)[^\s;&"'<>])+)
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Field();

    // The rest of the line, or of the quotation that it stands in: some schemes have several words.
    [GeneratedRegex("""((?>(?<![A-Za-z0-9])(?:proxy-)?authorization\\?["']?\s*(?:=|:|%3A|%3D)\s*\[?\s*))(?!\*\*\*)(?:"[^"\r\n]*"|'[^'\r\n]*'|[^\r\n"']+(?:["'][^"'\r\n]*["'][^"'\r\n]*)*)""", RegexOptions.IgnoreCase)]
    private static partial Regex Header();

    // user:password@, also where the password has a slash that ought to be encoded; a port is no password.
    [GeneratedRegex("""://(?!\*\*\*@)(?:[^\s/?#"'<>]*@|[^\s/:@?#"'<>]+:(?![0-9]{1,5}(?:[/?#\s]|$))[^\s"'<>]*@)""")]
    private static partial Regex UserInfo();

    [GeneratedRegex("""(?<![A-Za-z0-9])(Bearer|Basic|SharedKey|SharedKeyLite|AWS4-HMAC-SHA256)(?:\s|%20|\+)+(?=[A-Za-z0-9._~+/=:-]{0,200}[0-9+/=:])[A-Za-z0-9._~+/=:-]{12,}""", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    // 64 bytes in base 64, as Azure's account keys are; 32 bytes, as a signature is; header.payload.signature.
    [GeneratedRegex("""(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}(?:==|%3D%3D)|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}(?:=|%3D)(?![A-Za-z0-9=])|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*""")]
    private static partial Regex KeyByForm();
}
