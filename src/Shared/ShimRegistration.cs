using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Flair.Shared;

/// <summary>Tells the runtime where the shim of a binding lies, <c>libflair_torch.so</c> of Flair.Torch, before its first function is called.</summary>
internal static class ShimRegistration
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The resolver must stand before any P/Invoke of the assembly, whichever comes first.")]
    internal static void Register()
    {
        var assembly = typeof(ShimRegistration).Assembly;
        var name = assembly.GetName().Name!.Replace('.', '_').ToLowerInvariant();
        NativeLocator.Register(assembly, name, $"lib{name}.so");
    }
}
