using System.Text;
using Flair.Cli.Numpy;

namespace Flair.Cli.Tests;

public sealed class NpyFileTests : IDisposable
{
    private readonly CommandLineFixture _here = new();

    public void Dispose() => _here.Dispose();

    [Theory]
    [InlineData]
    [InlineData(3)]
    [InlineData(2, 3)]
    [InlineData(1, 2, 3, 4)]
    public void WhatIsWrittenIsReadBack(params int[] shape)
    {
        var values = Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(i => i * 0.5f).ToArray();
        var path = _here.At("x.npy");

        new NpyFile(shape, values).Write(path);

        var read = NpyFile.Read(path);
        Assert.Equal(shape, read.Shape);
        Assert.Equal(values, read.Values);
        Assert.Equal([path], Directory.GetFiles(_here.Root));
    }

    // The bytes that numpy.save writes for arange(6, dtype='float32').reshape(2, 3), NumPy 1.24.
    [Fact]
    public void ItIsWrittenAsNumpyDoes()
    {
        var path = _here.At("x.npy");
        new NpyFile([2, 3], [0, 1, 2, 3, 4, 5]).Write(path);

        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".PadRight(117) + "\n";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.Latin1.GetBytes(header), .. new float[] { 0, 1, 2, 3, 4, 5 }.SelectMany(BitConverter.GetBytes)];
        Assert.Equal(expected, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("<f8", "False", "(1,)", "its values are <f8, not float32; write it with x.astype('float32')")]
    [InlineData("<f4", "True", "(1,)", "its values are in Fortran order; write it with numpy.ascontiguousarray(x)")]
    [InlineData("<f4", "False", "(2, 3)", "the file is cut short: 2 x 3 values need 24 bytes and 4 are there")]
    [InlineData("<f4", "False", "(99999999999,)", "a dimension of 99999999999 is too large")]
    [InlineData("<f4", "Maybe", "(1,)", "holds no plain array; write one with numpy.save(path, x.astype('float32'))")]
    public void OtherArraysAreRefused(string type, string fortran, string shape, string error)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n";
        var path = _here.At("x.npy");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header), 0, 0, 0, 0]);

        Assert.Equal($"{path}: {error}", Assert.Throws<FlairException>(() => NpyFile.Read(path)).Message);
    }

    [Theory]
    [InlineData("", "the file is cut short")]
    [InlineData("not an array at all", "not a NumPy .npy file; write one with numpy.save")]
    public void OtherFilesAreRefused(string text, string error)
    {
        var path = _here.Write("x.npy", text);
        Assert.Equal($"{path}: {error}", Assert.Throws<FlairException>(() => NpyFile.Read(path)).Message);
    }
}
