namespace Flair.Cli.Doctor;

/// <summary>What <c>/proc/cpuinfo</c> says of the processor.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Flags">Its flags, e.g. <c>avx2</c>.</param>
internal sealed record CpuFeatures(string Model, IReadOnlySet<string> Flags)
{
    private static readonly (string Flag, string Name)[] Known =
        [("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_vnni", "AVX-512 VNNI"), ("avx512_bf16", "AVX-512 BF16"), ("amx_bf16", "AMX BF16"), ("avx_vnni", "AVX-VNNI")];

    /// <summary>The features that matter to a network.</summary>
    public string Describe() => string.Join(", ", Known.Where(k => Flags.Contains(k.Flag)).Select(k => k.Name).DefaultIfEmpty("no vector extensions"));

    /// <summary>Reads the text of <c>/proc/cpuinfo</c>; the first processor stands for all.</summary>
    public static CpuFeatures Parse(string cpuinfo)
    {
        return new(Field("model name") ?? "unknown processor", (Field("flags") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet());

        string? Field(string name) => cpuinfo.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(':', StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
            .FirstOrDefault();
    }
}
