using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Flair.Shared;

namespace Flair.Kernels.Interop;

/// <summary>Tells the runtime where the shim lies, before its first function is called.</summary>
internal static class NativeLibraryRegistration
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The resolver must stand before any P/Invoke of the assembly, whichever comes first.")]
    internal static void Register() =>
        NativeLocator.Register(typeof(NativeLibraryRegistration).Assembly, Native.Library, "libflair_kernels.so");
}
