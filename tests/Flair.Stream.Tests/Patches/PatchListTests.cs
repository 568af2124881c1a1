using Flair.Patches;

namespace Flair.Tests.Patches;

public sealed class PatchListTests : IDisposable
{
    private readonly PatchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // What pandas 1.5's read_csv(header=None) gave for the same bytes, but for the spaces around fields, which it keeps.
    [Theory]
    [InlineData("a.tif,b.tif\n", "1:a.tif|b.tif")]
    [InlineData("a.tif,b.tif", "1:a.tif|b.tif")]
    [InlineData("\"a,1.tif\",b.tif\n", "1:a,1.tif|b.tif")]
    [InlineData("a\"1.tif,b\n", "1:a\"1.tif|b")]
    [InlineData("\"a\"\"1.tif\",b\n", "1:a\"1.tif|b")]
    [InlineData("\"ab\"c,d\n", "1:abc|d")]
    [InlineData("\n  \na,b\r\n\r\nc,d", "3:a|b 5:c|d")]
    [InlineData("\ufeffa,b\n", "1:a|b")]
    [InlineData(" a , b \n", "1:a|b")]
    [InlineData("a,b,c\nd,e\n", "1:a|b 2:d|e")]
    [InlineData("a\nb,\n", "1:a| 2:b|")]
    [InlineData("sep=;\na;b,c\n", "1:sep=;| 2:a;b|c")]
    [InlineData("#a,b\n", "1:#a|b")]
    [InlineData("été.tif,b\n", "1:été.tif|b")]
    public void IsReadAsPandasReadsIt(string text, string patches)
    {
        File.WriteAllText(_folder.At("p.csv"), text);
        Assert.Equal(patches, string.Join(' ', PatchList.Read(_folder.At("p.csv")).Select(p => $"{p.Line}:{Path.GetRelativePath(_folder.Root, p.Image)}|{(p.Mask is null ? "" : Path.GetRelativePath(_folder.Root, p.Mask))}")));
    }

    [Theory]
    [InlineData("", "p.csv: the list of patches is empty; write a line a patch: image path, comma, mask path")]
    [InlineData("\n \n", "p.csv: the list of patches is empty; write a line a patch: image path, comma, mask path")]
    [InlineData("a,b\n,c\n", "p.csv:2: the line names no image; write image path, comma, mask path")]
    [InlineData("a,b\n\"c,d\ne,f\n", "p.csv:2: a quote is opened and not closed in this line; write image path, comma, mask path")]
    [InlineData("a,b\nc,\"d", "p.csv:2: a quote is opened and not closed in this line; write image path, comma, mask path")]
    [InlineData("a\0b,c\n", "p.csv:1: a path with a control character; a list of patches is text, a line a patch: image path, comma, mask path")]
    public void WhatCannotBeReadIsSaid(string text, string error)
    {
        File.WriteAllText(_folder.At("p.csv"), text);
        Assert.Equal([error], _folder.Short(Assert.Throws<FlairException>(() => PatchList.Read(_folder.At("p.csv")))));
    }

    [Fact]
    public void ALineOfAMegabyteIsNoList()
    {
        File.WriteAllText(_folder.At("p.csv"), new string('x', 1 << 20));
        Assert.StartsWith("p.csv: the list of patches cannot be read (", _folder.Short(Assert.Throws<FlairException>(() => PatchList.Read(_folder.At("p.csv"))))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void AListThatIsNotThere() =>
        Assert.StartsWith("no.csv: the list of patches cannot be read (", _folder.Short(Assert.Throws<FlairException>(() => PatchList.Read(_folder.At("no.csv"))))[0], StringComparison.Ordinal);

    [Fact]
    public void AnAbsolutePathStaysAndARelativeOneIsBesideTheList()
    {
        _folder.List("p.csv", "/else/a.tif,sub/b.tif");
        Assert.Equal(new PatchFiles("/else/a.tif", _folder.At("sub/b.tif"), 1), Assert.Single(PatchList.Read(_folder.At("p.csv"))));
    }
}
