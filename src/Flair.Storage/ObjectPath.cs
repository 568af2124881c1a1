using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Flair.Storage;

/// <summary>Where an object lies.</summary>
public enum PlaceKind
{
    /// <summary>A path of this machine.</summary>
    Local,

    /// <summary><c>az://container/key</c>.</summary>
    Azure,

    /// <summary><c>s3://bucket/key</c>.</summary>
    S3,

    /// <summary><c>gs://bucket/key</c>.</summary>
    Google,

    /// <summary><c>https://host/key</c> or <c>http://host/key</c>; read only.</summary>
    Web,
}

/// <summary>
/// The place of an object or of a folder of objects: <c>az://container/path</c>, <c>s3://</c>, <c>gs://</c>, <c>https://</c>,
/// <c>http://</c> or a local path. What it prints never holds a secret: a query (a SAS, a presigned URL) is taken off when it is
/// parsed and kept in this process's memory for the requests alone, so <see cref="ToString"/> may go to logs, records and
/// fingerprints, and parsed again in this process it still opens.
/// </summary>
public sealed partial record ObjectPath
{
    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

    private ObjectPath(PlaceKind kind, string scheme, string authority, string key)
    {
        Kind = kind;
        Scheme = scheme;
        Authority = authority;
        Key = key;
    }

    /// <summary>Where it lies.</summary>
    public PlaceKind Kind { get; }

    /// <summary><c>az</c>, <c>s3</c>, <c>gs</c>, <c>https</c> or <c>http</c>; empty for a local path.</summary>
    public string Scheme { get; }

    /// <summary>Container, bucket, or host (with its port where it has one); empty for a local path.</summary>
    public string Authority { get; }

    /// <summary>The key in the container, without a slash at either end; for a local path the path itself.</summary>
    public string Key { get; }

    /// <summary>True for everything but local paths.</summary>
    public bool IsRemote => Kind != PlaceKind.Local;

    /// <summary>The last part of the key, e.g. <c>dalle.tif</c>; empty for a container itself.</summary>
    public string Name => Key[(Key.LastIndexOf('/') + 1)..];

    /// <summary>
    /// The path that GDAL reads it by: <c>/vsiflair/az/…</c> and <c>/vsiflair/https/…</c> (our file system, see
    /// <see cref="RemoteFiles"/>), <c>/vsis3/…</c>, <c>/vsigs/…</c>, or the local path. It holds no secret.
    /// </summary>
    public string GdalPath => Kind switch
    {
        PlaceKind.Local => Key,
        PlaceKind.S3 => $"/vsis3/{Authority}/{Key}",
        PlaceKind.Google => $"/vsigs/{Authority}/{Key}",
        _ => $"{RemoteFiles.Prefix}{Scheme}/{Authority}/{Key}",
    };

    /// <summary>The query (SAS, signature) that its requests need, without the question mark; empty where none was given. A secret.</summary>
    internal string Query => IsRemote ? SecretQueries.Find(ToString()) : "";

    /// <summary>True for a text with one of the schemes; everything else is a local path.</summary>
    public static bool IsRemoteText([NotNullWhen(true)] string? text) => text is not null && SchemeOf(text) is not null;

    /// <summary>Reads a place.</summary>
    /// <param name="text"><c>scheme://…</c>, perhaps with a query, or a local path.</param>
    /// <exception cref="StorageException">The scheme is unknown, or the container or host is missing; the message never repeats a query or a password.</exception>
    public static ObjectPath Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (SchemeOf(text) is not { } scheme)
        {
            // A path such as "a:b://c" can only be local; a plain word before "://" is a scheme that we do not know.
            var at = text.IndexOf("://", StringComparison.Ordinal);
            if (at > 0 && text.AsSpan(0, at).IndexOfAnyExcept(SchemeCharacters) < 0)
                throw new StorageException(StorageFault.Invalid, $"{text[..at]}:// is no place that can be used; give az://container/path, s3://, gs://, https://, http:// or a local path");
            return new ObjectPath(PlaceKind.Local, "", "", text);
        }

        var kind = scheme switch { "az" => PlaceKind.Azure, "s3" => PlaceKind.S3, "gs" => PlaceKind.Google, _ => PlaceKind.Web };
        var rest = text[(scheme.Length + 3)..];
        var query = "";

        // A key of S3 or GCS may hold a question mark; nothing is signed by a query there. One of Azure may be a pattern.
        int mark = kind switch
        {
            PlaceKind.Web => rest.IndexOfAny(['?', '#']),
            PlaceKind.Azure when Signature().Match(rest) is { Success: true } match => match.Index,
            _ => -1,
        };
        if (mark >= 0)
        {
            query = rest[mark] == '?' ? rest[(mark + 1)..].Split('#')[0] : "";
            rest = rest[..mark];
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var key = slash < 0 ? "" : rest[(slash + 1)..].Trim('/');
        if (authority.Contains('@', StringComparison.Ordinal))
            throw new StorageException(StorageFault.Invalid, $"{scheme}://…@{authority[(authority.LastIndexOf('@') + 1)..]}: a user or password in an address is not used; give a signed address or credentials in the environment");
        if (authority.Length == 0)
            throw new StorageException(StorageFault.Invalid, $"{scheme}:// needs {(kind == PlaceKind.Web ? "a host" : "a container")}: {scheme}://{(kind == PlaceKind.Web ? "host" : "container")}/path");
        if (key.Split('/').Any(part => part is "." or ".."))
            throw new StorageException(StorageFault.Invalid, $"{scheme}://{authority}/{key}: '.' and '..' mean nothing in the name of an object");
        var path = new ObjectPath(kind, scheme, authority, key);
        if (query.Length > 0)
            SecretQueries.Keep(path.ToString(), query);
        return path;
    }

    /// <summary>The place of something below it.</summary>
    /// <param name="relative">A path with slashes, e.g. <c>tiles/a.tif</c>; empty for the place itself.</param>
    public ObjectPath Join(string relative)
    {
        ArgumentNullException.ThrowIfNull(relative);
        if (relative.Length == 0)
            return this;
        return Kind == PlaceKind.Local
            ? new ObjectPath(Kind, "", "", Path.Combine(Key, relative))
            : new ObjectPath(Kind, Scheme, Authority, Key.Length == 0 ? relative.Trim('/') : $"{Key}/{relative.Trim('/')}");
    }

    /// <summary>The folder that holds it; null for a container itself.</summary>
    public ObjectPath? Parent
    {
        get
        {
            if (Kind == PlaceKind.Local)
                return Path.GetDirectoryName(Path.GetFullPath(Key)) is { } directory ? new ObjectPath(Kind, "", "", directory) : null;
            var slash = Key.LastIndexOf('/');
            return Key.Length == 0 ? null : new ObjectPath(Kind, Scheme, Authority, slash < 0 ? "" : Key[..slash]);
        }
    }

    /// <summary>The place as one would type it, without any query.</summary>
    public override string ToString() =>
        Kind == PlaceKind.Local ? Key : Key.Length == 0 ? $"{Scheme}://{Authority}" : $"{Scheme}://{Authority}/{Key}";

    /// <summary>The place that <see cref="GdalPath"/> of <see cref="RemoteFiles"/> stands for; null for another path.</summary>
    internal static ObjectPath? FromGdalPath(string path)
    {
        if (!path.StartsWith(RemoteFiles.Prefix, StringComparison.Ordinal))
            return null;
        var parts = path[RemoteFiles.Prefix.Length..].Split('/', 3);
        if (parts.Length < 2 || parts[1].Length == 0 || parts[0] is not ("az" or "https" or "http"))
            return null;
        return new ObjectPath(parts[0] == "az" ? PlaceKind.Azure : PlaceKind.Web, parts[0], parts[1], parts.Length > 2 ? parts[2].Trim('/') : "");
    }

    /// <summary>Where <c>?NAME=VALUE…</c> begins.</summary>
    [GeneratedRegex(@"\?(?=[\w.-]+=)")]
    private static partial Regex Signature();

    private static string? SchemeOf(string text)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["az", "s3", "gs", "https", "http"])
        {
            if (text.Length > scheme.Length + 2
                && text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
                && text.AsSpan(scheme.Length).StartsWith("://"))
                return scheme;
        }

        return null;
    }
}
