using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Flair.Gdal;

/// <summary>
/// Takes the messages that GDAL would print. GDAL calls the handler on the thread that made the call, so what a call raised is what
/// this thread collected since <see cref="Begin"/>. Messages of threads that GDAL starts itself (NUM_THREADS) are lost to the caller,
/// which is why the binding leaves that option alone.
/// </summary>
internal static unsafe class GdalErrors
{
    private const int Warning = 2;
    private const int Failure = 3;
    private const int MostKept = 8;

    [ThreadStatic]
    private static List<string>? _failures;

    public static void Install() => Native.CPLSetErrorHandlerEx(&OnMessage, null);

    /// <summary>Forgets what earlier calls left on this thread.</summary>
    public static void Begin() => _failures?.Clear();

    /// <summary>Throws what this thread collected since <see cref="Begin"/>, if anything.</summary>
    public static void ThrowIfAny(string? doing = null)
    {
        if (_failures is { Count: > 0 })
            throw Take(doing);
    }

    /// <summary>The exception for a call that failed: the messages collected, the first first.</summary>
    public static GdalException Take(string? doing)
    {
        var text = _failures is { Count: > 0 } ? string.Join("; ", _failures.Distinct()) : "GDAL failed and said nothing";
        _failures?.Clear();
        return new GdalException(doing is null ? text : $"{doing}: {text}");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(int level, int number, byte* message)
    {
        // An exception must not cross into C++, and nothing here is worth ending the process for.
        try
        {
            if (level < Warning)
                return;
            var text = OneLine(Marshal.PtrToStringUTF8((nint)message));
            if (level == Warning)
                GdalRuntime.RaiseWarning(text);
            else if (level >= Failure && (_failures ??= []).Count < MostKept)
                _failures.Add(text);
        }
#pragma warning disable CA1031 // see above
        catch
        {
        }
#pragma warning restore CA1031
    }

    private static string OneLine(string? text) =>
        string.Join(' ', (text ?? "").Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
