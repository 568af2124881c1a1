using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Flair.Shared;

namespace Flair.Torch.Interop;

/// <summary>Tells the runtime where the shim lies, before its first function is called.</summary>
internal static class NativeLibraryRegistration
{
    /// <summary>Whether a function of it was called yet, and with it libtorch loaded.</summary>
    public static bool IsLoaded { get; private set; }

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The resolver must stand before any P/Invoke of the assembly, whichever comes first.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraryRegistration).Assembly, (asked, _, _) =>
    {
        if (asked != Native.Library)
            return 0;
        var library = NativeLocator.Load(asked, [$"lib{asked}.so"]);
        IsLoaded = true;
        return library;
    });
}
