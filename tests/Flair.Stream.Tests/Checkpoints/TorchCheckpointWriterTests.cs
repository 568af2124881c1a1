using System.Buffers.Binary;
using System.IO.Compression;
using Flair.Checkpoints;
using FsCheck;
using FsCheck.Fluent;

namespace Flair.Tests.Checkpoints;

public sealed class TorchCheckpointWriterTests
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "w.pth");

    [Theory]
    [InlineData("tensors.pth", "tensors.json")]
    [InlineData("views.pth", "views.json")]
    public void All_types_and_the_order_survive(string file, string values)
    {
        TorchCheckpointWriter.WriteStateDict(_path, CheckpointReader.Read(CheckpointFixtures.PathOf(file)));

        CheckpointFixtures.AssertEqual(values, CheckpointReader.Read(_path));
        Assert.Equal([_path], Directory.GetFiles(Path.GetDirectoryName(_path)!));
    }

    [Fact]
    public void Any_names_shapes_and_values_survive()
    {
        var names = ArbMap.Default.GeneratorFor<string>().Where(name => name is not null && name.EnumerateRunes().All(rune => rune.Value != 0xFFFD));
        var shapes = Gen.Choose(0, 4).ListOf().Where(shape => shape.Count <= 5);
        var tensors = from name in names
                      from type in Gen.Elements(Enum.GetValues<ScalarType>())
                      from shape in shapes
                      let count = shape.Aggregate(1, (product, side) => product * side)
                      from bytes in Gen.Choose(0, 255).ArrayOf(count * type.Size())
                      select (name, tensor: new StoredTensor(type, [.. shape.Select(side => (long)side)], bytes.Select(value => (byte)value).ToArray()));
        var states = tensors.ListOf().Select(list =>
        {
            var state = new StateDict();
            foreach (var (name, tensor) in list.DistinctBy(entry => entry.name))
                state.Add(name, tensor);
            return state;
        });

        Check.One(Config.QuickThrowOnFailure.WithReplay(20221121, 1), Prop.ForAll(states.Where(state => state.Count > 0).ToArbitrary(), state =>
        {
            TorchCheckpointWriter.WriteStateDict(_path, state);
            var read = CheckpointReader.ReadAsStored(_path);
            return state.Select(Text).SequenceEqual(read.Select(Text));
        }));

        static string Text(KeyValuePair<string, StoredTensor> entry) =>
            $"{entry.Key} {entry.Value.Type} [{string.Join(", ", entry.Value.Shape)}] {Convert.ToHexString(entry.Value.Data.Span)}";
    }

    [Fact]
    public void Bytes_depend_on_the_content_alone()
    {
        var state = CheckpointReader.Read(CheckpointFixtures.PathOf("tensors.pth"));
        var other = Path.ChangeExtension(_path, "another.pth");

        TorchCheckpointWriter.WriteStateDict(_path, state);
        TorchCheckpointWriter.WriteStateDict(other, state);

        Assert.Equal(File.ReadAllBytes(_path), File.ReadAllBytes(other));
    }

    [Fact]
    public void Entries_lie_as_PyTorch_lays_them()
    {
        TorchCheckpointWriter.WriteStateDict(_path, CheckpointReader.Read(CheckpointFixtures.PathOf("tensors.pth")));

        var bytes = File.ReadAllBytes(_path);
        using var zip = ZipFile.OpenRead(_path);
        Assert.Equal(["archive/data.pkl", "archive/byteorder", "archive/data/0"], zip.Entries.Take(3).Select(entry => entry.FullName));
        Assert.Equal("archive/version", zip.Entries[^1].FullName);
        Assert.All(zip.Entries, entry => Assert.Equal(entry.Length, entry.CompressedLength));
        var position = 0;
        foreach (var entry in zip.Entries)
        {
            Assert.Equal(0x04034b50, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(position)));
            position += 30 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(position + 26)) + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(position + 28));
            Assert.Equal(0, position % 64);
            position += (int)entry.Length;
        }
    }

    [Fact]
    public void Names_of_FLAIR1_are_taken_away_again()
    {
        var network = new StateDict { { "encoder.conv1.weight", Vector(1, 2) }, { "segmentation_head.0.bias", Vector(3) } };

        TorchCheckpointWriter.WriteStateDict(_path, StateDictNames.ForFlair(network, [0.5f, 1]));

        Assert.Equal(
            ["model.seg_model.encoder.conv1.weight", "model.seg_model.segmentation_head.0.bias", "criterion.weight"],
            CheckpointReader.ReadAsStored(_path).Select(entry => entry.Key));
        Assert.Equal([0.5, 1], CheckpointFixtures.Values(CheckpointReader.ReadAsStored(_path)["criterion.weight"]));
        Assert.Equal(["encoder.conv1.weight", "segmentation_head.0.bias"], CheckpointReader.Read(_path).Select(entry => entry.Key));
    }

    [Fact]
    public void Place_that_cannot_be_written_is_one_line()
    {
        var path = Path.Combine(_path, "absent", "w.pth");

        var error = Assert.Throws<FlairException>(() => TorchCheckpointWriter.WriteStateDict(path, []));

        Assert.StartsWith(path + ": cannot be written", error.Message, StringComparison.Ordinal);
    }

    private static StoredTensor Vector(params float[] values) =>
        new(ScalarType.Float32, [values.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
