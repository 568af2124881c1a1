using System.Text.Json;
using Flair.Cli.Doctor;

namespace Flair.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Fact]
    public async Task ThisMachineIsReady()
    {
        var (code, output, _) = await CommandLineFixture.RunAsync("doctor", _here.Root, "--json");

        var json = JsonDocument.Parse(output).RootElement;
        var checks = json.GetProperty("checks").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("status").GetString());
        Assert.DoesNotContain("failed", checks.Values);
        Assert.Equal(0, code);
        Assert.True(json.GetProperty("ok").GetBoolean());
        foreach (var name in new[] { ".NET", "processor", "kernels", "libtorch", "CUDA", "GDAL", "GDAL JP2OpenJPEG", "GDAL COG", "PROJ data", "DuckDB", "disk", "rights" })
            Assert.Contains(name, checks.Keys);
    }

    [Fact]
    public async Task AnOutputDirectoryThatIsAFileIsACrossWithAFix()
    {
        var (code, output, _) = await CommandLineFixture.RunAsync("doctor", "/proc/nowhere");

        Assert.Equal(2, code);
        Assert.Contains("✗ rights", output, StringComparison.Ordinal);
        Assert.Contains("→ give yourself the right to write in /proc/nowhere", output, StringComparison.Ordinal);
        Assert.EndsWith(" missing\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ACheckThatThrowsIsAFinding()
    {
        var check = Check.Run("libx", () => throw new DllNotFoundException("libx.so: no\nsuch file"), "install it");
        Assert.Equal(new Check("libx", CheckStatus.Failed, "libx.so: no", "install it"), check);
        Assert.Equal(CheckStatus.Optional, Check.Run("x", () => null, "install it", required: false).Status);
    }

    [Theory]
    [InlineData("model name\t: A\nflags\t\t: fpu avx2 avx512f avx512_bf16\n\nmodel name\t: B\n", "A", "AVX2, AVX-512, AVX-512 BF16")]
    [InlineData("flags : sse2", "unknown processor", "no vector extensions")]
    [InlineData("", "unknown processor", "no vector extensions")]
    public void ProcessorsAreDescribed(string cpuinfo, string model, string features)
    {
        var cpu = CpuFeatures.Parse(cpuinfo);
        Assert.Equal(model, cpu.Model);
        Assert.Equal(features, cpu.Describe());
    }
}
