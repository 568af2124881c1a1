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

    [ThreadStatic]
    private static List<string>? _faults;

    public static void Install() => Native.CPLSetErrorHandlerEx(&OnMessage, null);

    /// <summary>Forgets what earlier calls left on this thread.</summary>
    public static void Begin()
    {
        _failures?.Clear();
        _faults?.Clear();
    }

    /// <summary>
    /// Notes why a file of this program's own (<see cref="VsiPlugin"/>) could not be read. It is told even where GDAL keeps silent, as a
    /// driver does that only tries, and instead of what GDAL makes of it: it is the cause.
    /// </summary>
    public static void AddFault(string message)
    {
        if ((_faults ??= []).Count < MostKept)
            _faults.Add(OneLine(message));
    }

    /// <summary>Throws what this thread collected since <see cref="Begin"/>, if anything.</summary>
    public static void ThrowIfAny(string? about = null)
    {
        if (_failures is { Count: > 0 } || _faults is { Count: > 0 })
            throw Take(about);
    }

    /// <summary>The exception for a call that failed: what it was about, then the messages collected, the first first.</summary>
    /// <param name="about">A path or a deed to begin with; its repetitions in GDAL's messages are dropped. Null to leave GDAL's as they are.</param>
    public static GdalException Take(string? about)
    {
        if (_faults is { Count: > 0 })
        {
            // They name their file themselves.
            var told = string.Join("; ", _faults.Distinct());
            Begin();
            return new GdalException(told);
        }

        var texts = (_failures ?? []).AsEnumerable();
        if (about is not null)
            texts = texts.Select(text => text.Replace($"{about}: ", "", StringComparison.Ordinal).Replace($"{about}, ", "", StringComparison.Ordinal));
        var all = string.Join("; ", texts.Distinct());
        _failures?.Clear();
        if (all.Length == 0)
            all = "GDAL failed and said nothing";
        return new GdalException(about is null ? all : $"{about}: {all}");
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

    /// <summary>GDAL quotes bytes of damaged files, which must not reach a terminal as its control codes.</summary>
    private static string OneLine(string? text)
    {
        var line = string.Join(' ', (text ?? "").Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return string.Concat(line.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter));
    }
}
