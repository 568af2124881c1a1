using System.Diagnostics;
using System.Runtime.InteropServices;
using Flair.DuckDb;
using Flair.Gdal;
using Flair.Kernels;
using Flair.OneDnn;
using Flair.OpenJpeg;
using Flair.Torch;

namespace Flair.Cli.Doctor;

/// <summary>All the checks, in the order in which they are shown.</summary>
/// <param name="directory">Where outputs are to go: space and rights are looked at there.</param>
internal sealed class Examination(string directory)
{
    private const string Install = "run scripts/install";
    private const long LittleSpace = 2_000_000_000;

    /// <summary>Runs them, one after the other.</summary>
    public IEnumerable<Check> Run()
    {
        yield return Check.Run(".NET", () => $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}", "install .NET 10");
        yield return Check.Run(".NET SDK", Sdk, "install the .NET 10 SDK (https://dotnet.microsoft.com/download/dotnet/10.0); only building needs it", required: false);
        yield return Cpu();
        yield return Check.Run("kernels", Kernels, $"{Install}: it compiles them to .native/libflair_kernels.so");
        yield return Check.Run(
            "libtorch", Torch, $"{Install}: it installs libtorch and compiles the binding .native/libflair_torch.so; training and GPUs need it, maps on the CPU do not where oneDNN is", required: !OneDnnLibrary.IsAvailable);
        yield return Check.Run("oneDNN", OneDnn, $"{Install}: it installs libdnnl-dev and compiles the binding .native/libflair_onednn.so; without it all networks run on libtorch, several times slower", required: false);
        yield return Check.Run("CUDA", Cuda, "networks run on the CPU; for a GPU run LIBTORCH=DIR scripts/install with a CUDA libtorch, and install the NVIDIA driver", required: false);
        yield return Check.Run("GDAL", () => GdalRuntime.Version, $"{Install}, or: apt-get install libgdal32 (Debian 12) or libgdal36 (13)");
        foreach (var (driver, create, purpose, required) in new[]
        {
            ("GTiff", true, "GeoTIFF", true),
            ("COG", true, "the map's tiles", true),
            ("VRT", true, "the map's mosaic", true),
            ("JP2OpenJPEG", false, "BD ORTHO as delivered", true),
            ("GPKG", true, "FLAIR-1's slicing job", true),
        })
        {
            yield return Check.Run($"GDAL {driver}", () => GdalRuntime.HasDriver(driver, create) ? purpose : null, "install a GDAL that was built with this driver (Debian's is)", required);
        }

        yield return Check.Run("GDAL ZSTD", () => GdalRuntime.HasCreationValue("COG", "ZSTD") ? "compression of the map's tiles" : null, "install a GDAL that was built with ZSTD (Debian's is)");
        yield return Check.Run("OpenJPEG", () => OpenJpegRuntime.Version, "apt-get install libopenjp2-7; without it JPEG 2000 is read through GDAL, some of it twice", required: false);
        yield return Check.Run("PROJ data", () => Crs.WktFromEpsg(2154) is { } wkt ? $"EPSG:2154 is {Crs.Name(wkt)}" : null, "apt-get install proj-data, or point PROJ_LIB at the directory of proj.db");
        yield return Check.Run("DuckDB", DuckDb, $"{Install}: it fetches DuckDB to .native/libduckdb.so");
        yield return Space();
        yield return Check.Run("rights", Rights, $"give yourself the right to write in {directory}, or take another output directory");
        yield return Check.Run("temporary files", TemporaryFiles, "point TMPDIR at a directory that you may write in");
    }

    private static string? Sdk()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", "--list-sdks") { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n').LastOrDefault(l => l.StartsWith("10.", StringComparison.Ordinal))?.Split(' ')[0];
    }

    private static Check Cpu()
    {
        const string Info = "/proc/cpuinfo";
        var cpu = CpuFeatures.Parse(File.Exists(Info) ? File.ReadAllText(Info) : "");
        var detail = $"{cpu.Model}, {Environment.ProcessorCount} cores, {cpu.Describe()}";
        return cpu.Flags.Contains("avx2")
            ? new Check("processor", CheckStatus.Ok, detail)
            : new Check("processor", CheckStatus.Optional, detail, "networks are several times slower without AVX2; take another machine");
    }

    private static string Kernels()
    {
        HostBuffer.Take(1).Dispose();
        return "stitching on the CPU";
    }

    private static string Torch()
    {
        // The version alone would not show that the library can do anything.
        using var tensor = Tensor.From<float>([1], 1);
        return LibTorch.Version;
    }

    private static string? OneDnn() => OneDnnLibrary.IsAvailable
        ? $"{OneDnnLibrary.Version}, {string.Join(", ", new[] { "fp32", OneDnnLibrary.HasBFloat16 ? "bf16" : null, OneDnnLibrary.HasInt8 ? "int8" : null }.OfType<string>())}"
        : null;

    private static string? Cuda()
    {
        var devices = LibTorch.CudaDeviceCount;
        return devices == 0 ? null : $"{devices} {(devices == 1 ? "device" : "devices")}";
    }

    private static string DuckDb()
    {
        using var database = new DuckDatabase();
        using var connection = database.Connect();
        connection.Execute("SELECT 1");
        return DuckDatabase.Version;
    }

    private Check Space()
    {
        var place = Existing();
        try
        {
            var free = new DriveInfo(place).AvailableFreeSpace;
            return free >= LittleSpace
                ? new Check("disk", CheckStatus.Ok, $"{Units.Bytes(free)} free in {place}")
                : new Check("disk", CheckStatus.Failed, $"{Units.Bytes(free)} free in {place}", "free some space or take another output directory; flair plan says how much a run needs");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Check("disk", CheckStatus.Failed, e.Message, "take another output directory");
        }
    }

    private string Rights()
    {
        var place = Existing();
        Probe(place);
        return $"may write in {place}";
    }

    private static string TemporaryFiles()
    {
        Probe(Path.GetTempPath());
        return Path.GetTempPath();
    }

    private static void Probe(string place)
    {
        var probe = Path.Combine(place, $".flair-doctor-{Environment.ProcessId}");
        using (File.Create(probe, 1, FileOptions.DeleteOnClose))
        {
        }
    }

    // An output directory need not be there yet; the nearest folder above it that is decides.
    private string Existing()
    {
        var place = Path.GetFullPath(directory);
        while (!Directory.Exists(place))
            place = Path.GetDirectoryName(place)!;
        return place;
    }
}
