using Flair.Indexing;

namespace Flair.Tests.Indexing;

public sealed class TileRecordFileTests : IDisposable
{
    private readonly OutputDirectory _output = new();

    private string Record => Path.Combine(_output.Path, "records", "tile.json");

    public void Dispose() => _output.Dispose();

    [Theory]
    [InlineData(TileStatus.Done)]
    [InlineData(TileStatus.Failed)]
    public void ARecordComesBackAsItWent(TileStatus status)
    {
        var row = IndexData.Tile(3, 4, status);
        TileRecordFile.Write(Record, row);
        Assert.True(TileRecordFile.TryRead(Record, out var read, out var reason), reason);
        Assert.Equal(row.Inputs, read.Inputs);
        Assert.Equal(row.Outputs, read.Outputs);
        Assert.Equal(row.Histogram, read.Histogram);
        Assert.Equal(row, read with { Inputs = row.Inputs, Outputs = row.Outputs, Histogram = row.Histogram });
        Assert.Equal([Record], Directory.GetFiles(Path.GetDirectoryName(Record)!));
    }

    [Fact]
    public void ATornRecordIsAbsentWhereverItIsCut()
    {
        TileRecordFile.Write(Record, IndexData.Tile(0, 0));
        var whole = File.ReadAllBytes(Record);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Record, whole[..length]);
            Assert.False(TileRecordFile.TryRead(Record, out _, out var reason));
            Assert.Contains("tile.json", reason, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', reason);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":1,"tile":null}""")]
    [InlineData("""{"version":1,"tile":{"tile":"a"}}""")]
    [InlineData("[1]")]
    public void WhatIsNoRecordIsAbsent(string json)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Record)!);
        File.WriteAllText(Record, json);
        Assert.False(TileRecordFile.TryRead(Record, out _, out _));
    }

    [Fact]
    public void AnotherVersionIsAbsent()
    {
        TileRecordFile.Write(Record, IndexData.Tile(0, 0));
        File.WriteAllText(Record, File.ReadAllText(Record).Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal));
        Assert.False(TileRecordFile.TryRead(Record, out _, out var reason));
        Assert.Contains("version 1", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void NoRecordIsAbsentAndAFolderInItsPlaceToo()
    {
        Assert.False(TileRecordFile.TryRead(Record, out _, out var reason));
        Assert.Contains("no such file", reason, StringComparison.Ordinal);
        Directory.CreateDirectory(Record);
        Assert.False(TileRecordFile.TryRead(Record, out _, out _));
        Assert.Throws<FlairException>(() => TileRecordFile.Write(Record, IndexData.Tile(0, 0)));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Record)!));
    }
}
