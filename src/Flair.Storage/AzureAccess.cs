using Azure;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace Flair.Storage;

/// <summary>Finds the credentials for a container of Azure Blob Storage, as GDAL and Microsoft's tools look for them in the environment.</summary>
internal static class AzureAccess
{
    /// <summary>A client for a container: by the SAS in the address, else the connection string, the account's key, a SAS, a managed identity.</summary>
    /// <exception cref="StorageException">None is given, or what is given cannot be read; never repeats it.</exception>
    public static BlobContainerClient Open(ObjectPath path, StorageOptions options)
    {
        var client = new BlobClientOptions
        {
            Transport = new HttpClientTransport(StorageTransport.ClientFor(options)),
            Retry = { MaxRetries = 0, NetworkTimeout = options.AttemptTimeout },
            Diagnostics = { IsLoggingEnabled = false, IsDistributedTracingEnabled = false, IsTelemetryEnabled = false },
        };
        string? Variable(string name) => options.Variable(name) is { Length: > 0 } value ? value : null;

        var account = Variable("AZURE_STORAGE_ACCOUNT");
        var text = Variable("AZURE_STORAGE_CONNECTION_STRING");
        var container = path.Authority;
        try
        {
            BlobContainerClient? connected = text is null ? null : new BlobContainerClient(text, container, client);
            Uri Place() => connected is null
                ? new Uri($"https://{account ?? throw new StorageException(StorageFault.Denied, $"{path}: AZURE_STORAGE_ACCOUNT names no account")}.blob.core.windows.net/{container}")
                : new UriBuilder(connected.Uri) { Query = "" }.Uri;

            if (path.Query is { Length: > 0 } signature)
                return new BlobContainerClient(Place(), new AzureSasCredential(signature), client);
            if (connected is not null)
                return connected;
            if (account is null)
                throw new StorageException(StorageFault.Denied, $"{path}: no credentials; set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and, without a managed identity, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN");
            if (Variable("AZURE_STORAGE_KEY") is { } key)
                return new BlobContainerClient(Place(), new StorageSharedKeyCredential(account, key), client);
            if (Variable("AZURE_STORAGE_SAS_TOKEN") is { } token)
                return new BlobContainerClient(Place(), new AzureSasCredential(token.TrimStart('?')), client);
            return Variable("AZURE_NO_SIGN_REQUEST") is { } anonymous && anonymous.ToUpperInvariant() is "YES" or "TRUE" or "1"
                ? new BlobContainerClient(Place(), client)
                : new BlobContainerClient(Place(), new DefaultAzureCredential(), client);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // What these say may repeat the key.
            throw new StorageException(StorageFault.Denied, $"{path}: {(text is null ? "AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_KEY" : "AZURE_STORAGE_CONNECTION_STRING")} cannot be read; copy it anew from the account's page");
        }
    }
}
