using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

public sealed class CheckpointReaderTests
{
    [Theory]
    [InlineData("tensors.pth", "tensors.json")]
    [InlineData("tensors_legacy.pth", "tensors.json")]
    [InlineData("lightning.ckpt", "tensors.json")]
    [InlineData("views.pth", "views.json")]
    [InlineData("views_legacy.pth", "views.json")]
    [InlineData("views_protocol4.pt", "views.json")]
    [InlineData("views_deflated.pth", "views.json")]
    [InlineData("views_wrapped.bin", "views.json")]
    [InlineData("views.ckpt", "views.json")]
    public void Tensors_equal_what_PyTorch_saved(string file, string values)
    {
        CheckpointFixtures.AssertEqual(values, CheckpointReader.Read(CheckpointFixtures.PathOf(file)));
    }

    [Fact]
    public void Safetensors_hold_their_values()
    {
        var state = CheckpointReader.Read(CheckpointFixtures.PathOf("tensors.safetensors"));

        Assert.Equal(["a", "b"], state.Select(entry => entry.Key));
        Assert.Equal([2, 2], state["a"].Shape);
        Assert.Equal([1, 2, 3, 4], CheckpointFixtures.Values(state["a"]));
        Assert.Equal(ScalarType.BFloat16, state["b"].Type);
        Assert.Equal([0.5, -2, 3], CheckpointFixtures.Values(state["b"]));
    }

    [Fact]
    public void Names_as_stored_keep_prefixes_and_the_loss()
    {
        var names = CheckpointReader.ReadAsStored(CheckpointFixtures.PathOf("views.ckpt")).Select(entry => entry.Key).ToArray();

        Assert.Contains("criterion.weight", names);
        Assert.Contains("model.enc.enc_mlp.0.weight", names);
        Assert.Contains("model.seg_model.transposed", names);
    }

    [Fact]
    public void Content_decides_not_the_name()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "tensors.safetensors");
        File.Copy(CheckpointFixtures.PathOf("tensors_legacy.pth"), path);

        CheckpointFixtures.AssertEqual("tensors.json", CheckpointReader.Read(path));
    }

    [Theory]
    [InlineData("malicious.pth", "would call posix.system")]
    [InlineData("malicious_hyper_parameters.ckpt", "would call __builtin__.eval")]
    [InlineData("malicious_legacy.pth", "would call __builtin__.exec")]
    [InlineData("malicious_protocol4.pth", "would call subprocess.getoutput")]
    [InlineData("truncated.pth", "damaged or incomplete")]
    [InlineData("overlong_header.safetensors", "claims 1099511627776 bytes and the file has 176")]
    [InlineData("whole_module.pth", "whole object (torch.nn.modules.container.Sequential)")]
    [InlineData("complex.pth", "a is a torch.ComplexFloatStorage")]
    [InlineData("sparse.pth", "a is a torch._utils._rebuild_sparse_tensor")]
    [InlineData("no_tensors.pth", "only epoch, loss")]
    [InlineData("torchscript.pt", "TorchScript")]
    [InlineData("big_endian.pth", "big-endian")]
    [InlineData("big_endian_legacy.pth", "big-endian")]
    [InlineData("expanded_bomb.pth", "far more than the file itself holds")]
    [InlineData("deflate_bomb.pth", "far more than the file itself holds")]
    [InlineData("deep.pth", "no dict of tensors")]
    [InlineData("views.json", "neither a checkpoint of PyTorch nor a safetensors file")]
    [InlineData("absent.pth", "no such weights file")]
    [InlineData("", "cannot be read")]
    public void Refused_with_one_line_that_names_the_file(string file, string expected)
    {
        var path = CheckpointFixtures.PathOf(file);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<FlairException>(() => CheckpointReader.Read(path));

        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 80 << 20);
    }

    [Fact]
    public void Values_shared_a_billion_times_over_are_never_walked()
    {
        var state = CheckpointReader.Read(CheckpointFixtures.PathOf("doubling.pth"));

        Assert.Equal(["a"], state.Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull")]
    [InlineData("", "it is empty")]
    public void What_is_there_instead_of_weights_is_said(string content, string expected)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "w.pth");
        File.WriteAllText(path, content);

        Assert.Contains(expected, Assert.Throws<FlairException>(() => CheckpointReader.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_value_is_found_by_the_checksum()
    {
        var bytes = File.ReadAllBytes(CheckpointFixtures.PathOf("tensors.pth"));
        var place = bytes.AsSpan().IndexOf(BitConverter.GetBytes(11.5f));
        bytes[place]++;
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "w.pth");
        File.WriteAllBytes(path, bytes);

        Assert.Contains("checksum", Assert.Throws<FlairException>(() => CheckpointReader.Read(path)).Message, StringComparison.Ordinal);
    }
}
