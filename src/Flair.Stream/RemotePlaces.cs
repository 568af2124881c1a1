using Flair.Storage;

namespace Flair;

/// <summary>Addresses (<c>az://</c>, <c>s3://</c>, <c>gs://</c>, <c>https://</c>) among the paths that a user gives.</summary>
internal static class RemotePlaces
{
    /// <summary>
    /// The text without a query: a signature in it is kept for the requests alone, and reaches no message, record or fingerprint. Other
    /// texts stay as they are.
    /// </summary>
    /// <exception cref="FlairException">It begins as an address and is none.</exception>
    public static string WithoutSecret(string text)
    {
        // GDAL's own way to web servers would carry the query into every message.
        const string curl = "/vsicurl/";
        if (text.StartsWith(curl, StringComparison.Ordinal) && text.Contains('?', StringComparison.Ordinal) && ObjectPath.IsRemoteText(text[curl.Length..]))
            text = text[curl.Length..];
        if (!ObjectPath.IsRemoteText(text))
        {
            // Of a scheme that is not known: it will be refused, and told in the refusal.
            int scheme = text.IndexOf("://", StringComparison.Ordinal), query = scheme < 0 ? -1 : text.IndexOf('?', scheme);
            return query < 0 || text.StartsWith('/') ? text : text[..query];
        }

        RemoteFiles.Install();
        var path = Guard(() => ObjectPath.Parse(text));
        return path.Kind is PlaceKind.Azure or PlaceKind.Web ? path.ToString() : text;
    }

    /// <summary>What an object is now; null when there is none.</summary>
    /// <exception cref="FlairException">Its storage cannot be asked.</exception>
    public static ObjectEntry? Find(string path) => Guard(() => RemoteFiles.Find(ObjectPath.Parse(path)));

    /// <summary>The text of a small object.</summary>
    /// <exception cref="FlairException">There is none, or it cannot be read.</exception>
    public static string ReadText(string path) => Guard(() =>
    {
        const int most = 64 << 20;
        var (store, key) = ObjectStores.OpenObject(ObjectPath.Parse(path));
        return System.Text.Encoding.UTF8.GetString(store.ReadAllBytes(key, most) ?? throw new StorageException(StorageFault.NotFound, $"{path}: there is no such object"));
    });

    /// <summary>Turns a failure of storage into what is told to the user.</summary>
    public static T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (StorageException fault)
        {
            throw new FlairException(fault.Message, fault);
        }
    }
}
