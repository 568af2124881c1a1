using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

/// <summary>The files in Data/npy are NumPy's own, made by make_npy.py.</summary>
public sealed class NpyFileTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Theory]
    [InlineData("f2")]
    [InlineData("f4")]
    [InlineData("f8")]
    [InlineData("u1")]
    [InlineData("i1")]
    [InlineData("u2")]
    [InlineData("i2")]
    [InlineData("i4")]
    [InlineData("u4")]
    [InlineData("i8")]
    [InlineData("fortran")]
    [InlineData("version2")]
    [InlineData("version3")]
    public void Types_orders_and_versions_of_NumPy(string name)
    {
        var (data, shape) = NpyFile.ReadFloat32(PathOf(name));

        Assert.Equal([2, 3, 4], shape);
        Assert.Equal(Enumerable.Range(0, 24).Select(value => (float)value), data);
    }

    [Fact]
    public void Signs_and_fractions_are_kept()
    {
        Assert.Equal([-1.5f, float.NaN, float.PositiveInfinity], NpyFile.ReadFloat32(PathOf("special")).Data);
        Assert.Equal([-128f, 127f], NpyFile.ReadFloat32(PathOf("signed")).Data);
        Assert.Empty(NpyFile.ReadFloat32(PathOf("scalar")).Shape);
        Assert.Equal([0, 3], NpyFile.ReadFloat32(PathOf("empty")).Shape);
    }

    [Theory]
    [InlineData("big", "holds the type >f4")]
    [InlineData("complex", "holds the type <c8")]
    [InlineData("structured", "structured array")]
    [InlineData("object", "holds the type |O")]
    [InlineData("archive", ".npz")]
    [InlineData("absent", "cannot be read")]
    public void Others_are_refused(string name, string expected)
    {
        var path = PathOf(name);

        var error = Assert.Throws<FlairException>(() => NpyFile.ReadFloat32(path));

        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData(5)]
    [InlineData(2, 3)]
    [InlineData(1, 19, 32, 32)]
    [InlineData(0, 7)]
    public void Written_arrays_come_back(params int[] shape)
    {
        var data = FormulaWeights.Input(shape.Aggregate(1, (product, side) => product * side));
        var path = Path.Combine(_folder, "x.npy");

        NpyFile.Write(path, data, shape);

        var read = NpyFile.ReadFloat32(path);
        Assert.Equal(shape, read.Shape);
        Assert.Equal(data, read.Data);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Bytes_are_those_that_NumPy_writes()
    {
        var path = Path.Combine(_folder, "x.npy");

        NpyFile.Write(path, [.. Enumerable.Range(0, 24).Select(value => (float)value)], [2, 3, 4]);

        Assert.Equal(File.ReadAllBytes(PathOf("f4")), File.ReadAllBytes(path));
    }

    [Fact]
    public void Every_damage_ends_in_values_or_one_line()
    {
        var original = File.ReadAllBytes(PathOf("fortran"));
        var path = Path.Combine(_folder, "x.npy");
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var bytes = seed % 4 == 0 ? original[..random.Next(original.Length)] : [.. original];
            if (bytes.Length > 0)
                bytes[random.Next(Math.Min(bytes.Length, 128))] = (byte)random.Next(256);
            File.WriteAllBytes(path, bytes);

            if (Record.Exception(() => NpyFile.ReadFloat32(path)) is { } error)
                Assert.IsType<FlairException>(error);
        }
    }

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "npy", name + ".npy");
}
