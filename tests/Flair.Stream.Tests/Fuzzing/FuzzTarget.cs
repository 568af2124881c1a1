namespace Flair.Tests.Fuzzing;

/// <summary>A reader of ours and whole files that it reads.</summary>
/// <param name="Name">For messages and for <c>FLAIR_FUZZ_TARGET</c>.</param>
/// <param name="Load">Gives whole files.</param>
/// <param name="Read">Reads a file by its path; a <see cref="FlairException"/> is as good as a result.</param>
internal sealed record FuzzTarget(string Name, Func<IReadOnlyList<byte[]>> Load, Action<string> Read)
{
    private IReadOnlyList<byte[]>? _samples;

    /// <summary>Whole files that it reads.</summary>
    public IReadOnlyList<byte[]> Samples => _samples ??= Load();

    /// <summary>Under which name the damaged file is put.</summary>
    public string FileName { get; init; } = "damaged";

    /// <summary>True for a format of lines and words.</summary>
    public bool IsText { get; init; }

    /// <summary>True where all that is wrong is told at once, a line each that begins with the file's path.</summary>
    public bool HasManyLines { get; init; }

    /// <summary>What its readers look for.</summary>
    public IReadOnlyList<byte[]> Words { get; init; } = [];

    /// <summary>
    /// Opens a file, has what is inside damaged and closes it with right lengths and checksums, which would otherwise hide it; null where the
    /// format has none.
    /// </summary>
    public Func<byte[], Mutator, byte[]>? Inside { get; init; }

    /// <summary>Puts what else is needed into the directory, once.</summary>
    public Action<string> Prepare { get; init; } = _ => { };

    /// <summary>True where what is damaged counts as absent.</summary>
    public bool IsTolerant { get; init; }

    /// <summary>A fault of a library's that damaged files meet again and again, so that the target is left out of the tests; null where none is known.</summary>
    public string? KnownFault { get; init; }

    /// <summary>True where libraries in C or C++ read the file, which may take the process with them.</summary>
    public bool IsNative { get; init; }

    /// <summary>The damaged file of a seed.</summary>
    public byte[] Damage(int seed)
    {
        var mutator = new Mutator(seed, Words, Samples);
        var original = mutator.Pick(Samples);
        return Inside is not null && !mutator.Once(3) ? Inside(original, mutator) : IsText ? mutator.Text(original) : mutator.Binary(original);
    }
}
