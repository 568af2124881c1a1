using System.Reflection;
using System.Runtime.InteropServices;

namespace Flair.Shared;

/// <summary>
/// Finds the native libraries that the bindings need: beside the program, then in the nearest <c>.native</c> folder
/// above it (where <c>scripts/install</c> puts them), then where the system's loader looks.
/// </summary>
internal static class NativeLocator
{
    /// <summary>Whether it has loaded a library in this assembly.</summary>
    public static bool HasLoaded { get; private set; }

    /// <summary>Makes every <c>LibraryImport</c> of <paramref name="assembly"/> that names <paramref name="name"/> load the first candidate found.</summary>
    public static void Register(Assembly assembly, string name, params string[] candidates) =>
        NativeLibrary.SetDllImportResolver(assembly, (asked, _, _) => asked == name ? Load(name, candidates) : 0);

    /// <summary>Loads the first candidate that exists.</summary>
    /// <exception cref="DllNotFoundException">None could be loaded; the message names what was tried and the fix.</exception>
    public static nint Load(string name, IReadOnlyList<string> candidates)
    {
        string? reason = null;
        foreach (var candidate in candidates)
        {
            foreach (var path in Places(candidate))
            {
                try
                {
                    var library = NativeLibrary.Load(path);
                    HasLoaded = true;
                    return library;
                }
                catch (DllNotFoundException e)
                {
                    reason ??= Reason(e.Message);
                }
            }
        }

        throw new DllNotFoundException(
            $"the native library {name} could not be loaded (tried {string.Join(", ", candidates)}): {reason}; run scripts/install, then ./flair doctor");
    }

    /// <summary>The system's loader's own words, which follow .NET's general advice; of a file that is there they name the library that it lacks.</summary>
    private static string Reason(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Length > 1 ? lines[1] : lines.FirstOrDefault("");
    }

    /// <summary>The full paths at which a library of that file name exists, then the bare name for the system's loader.</summary>
    public static IEnumerable<string> Places(string fileName)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, fileName);
        if (File.Exists(beside))
            yield return beside;
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var path = Path.Combine(directory.FullName, ".native", fileName);
            if (File.Exists(path))
                yield return path;
        }

        yield return fileName;
    }
}
