using System.Runtime.InteropServices;
using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

public sealed class WeightsExportTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Theory]
    [InlineData(0x3F800000u, 0x3F80)] // 1
    [InlineData(0x3F808000u, 0x3F80)] // a tie goes to the even one below
    [InlineData(0x3F818000u, 0x3F82)] // and to the even one above
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0xBF807FFFu, 0xBF80)]
    [InlineData(0x3FFFFFFFu, 0x4000)] // the carry reaches the exponent
    [InlineData(0x00000001u, 0x0000)]
    [InlineData(0x80000000u, 0x8000)]
    [InlineData(0x7F800000u, 0x7F80)]
    [InlineData(0x7F800001u, 0x7FC0)] // NaN stays NaN
    public void Rounds_to_the_nearest_bfloat16(uint single, int expected)
    {
        var tensor = TensorConversion.To(Singles(BitConverter.UInt32BitsToSingle(single)), ScalarType.BFloat16, "w");
        Assert.Equal((ScalarType.BFloat16, (ushort)expected), (tensor.Type, MemoryMarshal.Read<ushort>(tensor.Data.Span)));
    }

    [Theory]
    [InlineData(ScalarType.Float16, 65520f)]
    [InlineData(ScalarType.BFloat16, float.MaxValue)]
    public void A_value_out_of_range_is_refused(ScalarType type, float value)
    {
        var error = Assert.Throws<FlairException>(() => TensorConversion.To(Singles(1, value), type, "bn.running_var"));
        Assert.StartsWith("bn.running_var: its value", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Halves_are_exact_in_singles_and_integers_stay()
    {
        var half = new StoredTensor(ScalarType.Float16, [2], MemoryMarshal.AsBytes<Half>([(Half)0.1, (Half)(-65504)]).ToArray());
        Assert.Equal([(float)(Half)0.1, -65504f], MemoryMarshal.Cast<byte, float>(TensorConversion.To(half, ScalarType.Float32, "w").Data.Span).ToArray());
        var counter = new StoredTensor(ScalarType.Int64, [], new byte[8]);
        Assert.Same(counter, TensorConversion.To(counter, ScalarType.BFloat16, "w"));
    }

    [Theory]
    [InlineData("a.safetensors", "b.safetensors")]
    [InlineData("a.pth", "b.pth")]
    public void A_checkpoint_becomes_its_network_in_the_same_bytes_each_time(string first, string second)
    {
        var written = WeightsExport.Run(Lightning(), At(first), ScalarType.BFloat16);
        WeightsExport.Run(Lightning(), At(second), ScalarType.BFloat16);

        Assert.Equal(File.ReadAllBytes(At(first)), File.ReadAllBytes(At(second)));
        Assert.Equal(new ExportResult(3, 6, new FileInfo(At(first)).Length), written);
        var state = CheckpointReader.ReadAsStored(At(first));
        Assert.Equal(["conv.weight", "bn.num_batches_tracked", "enc.enc_mlp.bias"], state.Select(entry => entry.Key));
        Assert.Equal([ScalarType.BFloat16, ScalarType.Int64, ScalarType.BFloat16], state.Select(entry => entry.Value.Type));
        Assert.Equal([1, 2, 3, 4], CheckpointFixtures.Values(state["conv.weight"]));
        Assert.Equal([7], CheckpointFixtures.Values(state["bn.num_batches_tracked"]));
    }

    [Theory]
    [InlineData(ExportNames.Flair, "model.seg_model.conv.weight", "model.enc.enc_mlp.bias", 3)]
    [InlineData(ExportNames.Stored, "model.seg_model.conv.weight", "criterion.weight", 4)]
    public void Names_are_as_asked(ExportNames names, string one, string other, int count)
    {
        Assert.Equal(count, WeightsExport.Run(Lightning(), At("w.pth"), names: names).Tensors);
        var state = CheckpointReader.ReadAsStored(At("w.pth"));
        Assert.True(state.TryGet(one, out var weight) && state.TryGet(other, out _));
        Assert.Equal(ScalarType.Float32, weight!.Type);
    }

    [Fact]
    public void Another_extension_is_refused_before_anything_is_read()
    {
        var error = Assert.Throws<FlairException>(() => WeightsExport.Run("absent", At("w.onnx")));
        Assert.Equal($"{At("w.onnx")}: the output is a .safetensors or a .pth (.pt) file; give it such a name", error.Message);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private static StoredTensor Singles(params float[] values) => new(ScalarType.Float32, [values.Length], MemoryMarshal.AsBytes<float>(values).ToArray());

    // As FLAIR-1 names them.
    private string Lightning()
    {
        var network = new StateDict
        {
            { "conv.weight", Singles(1, 2, 3, 4) },
            { "bn.num_batches_tracked", new(ScalarType.Int64, [], BitConverter.GetBytes(7L)) },
            { "enc.enc_mlp.bias", Singles(0.5f) },
        };
        TorchCheckpointWriter.WriteStateDict(At("flair.ckpt"), StateDictNames.ForFlair(network, [1, 0]));
        return At("flair.ckpt");
    }

    private string At(string name) => Path.Combine(_folder, name);
}
