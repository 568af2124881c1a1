namespace Flair.Storage;

/// <summary>Opens the store of a place.</summary>
public static class ObjectStores
{
    /// <summary>The store of a folder. Nothing is asked of the storage yet; credentials that are missing are told here.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Time limits and the like; null for <see cref="StorageOptions.Current"/>.</param>
    /// <exception cref="StorageException">The credentials make no sense.</exception>
    public static IObjectStore Open(ObjectPath folder, StorageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return folder.Kind switch
        {
            PlaceKind.Local => new LocalStore(folder.Key),
            PlaceKind.Azure => new AzureStore(folder, options ?? StorageOptions.Current),
            PlaceKind.Web => new WebStore(folder, options ?? StorageOptions.Current),
            _ => new GdalStore(folder, options ?? StorageOptions.Current),
        };
    }

    /// <summary>The store of the folder that holds an object, and the object's key in it.</summary>
    public static (IObjectStore Store, string Key) OpenObject(ObjectPath path, StorageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var folder = path.Parent ?? throw new StorageException(StorageFault.Invalid, $"{path}: this is no object");
        return (Open(folder, options), path.Kind == PlaceKind.Local ? Path.GetFileName(path.Key) : path.Name);
    }
}
