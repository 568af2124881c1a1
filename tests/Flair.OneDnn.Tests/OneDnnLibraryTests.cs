namespace Flair.OneDnn.Tests;

public sealed class OneDnnLibraryTests
{
    [OneDnnFact]
    public void The_version_is_one_that_the_binding_was_written_for() => Assert.Matches(@"^[23]\.\d+\.\d+$", OneDnnLibrary.Version);

    [OneDnnFact]
    public void The_processor_has_what_the_kernel_of_the_system_says()
    {
        var flags = ProcessorFlags();
        Assert.Equal(flags.Contains("avx512_bf16"), OneDnnLibrary.HasBFloat16);
        Assert.Equal(flags.Contains("avx2"), OneDnnLibrary.HasInt8);
        Assert.Equal(flags.Contains("avx512_vnni") || flags.Contains("avx_vnni"), OneDnnLibrary.HasVnni);
    }

    [Theory]
    [InlineData(MapType.Float32, 4)]
    [InlineData(MapType.BFloat16, 2)]
    [InlineData(MapType.UInt8, 1)]
    [InlineData(MapType.Int8, 1)]
    public void Types_have_their_sizes(MapType type, int bytes) => Assert.Equal(bytes, type.Bytes());

    /// <summary>What the kernel of the system says that the processor has.</summary>
    internal static string[] ProcessorFlags() =>
        File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ');
}
