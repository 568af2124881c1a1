using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

public sealed class StateDictNamesTests
{
    [Theory]
    [InlineData("encoder.a decoder.b", "encoder.a decoder.b")]
    [InlineData("criterion.weight model.seg_model.encoder.a model.enc.mlp model.seg_model.b", "encoder.a b")]
    [InlineData("seg_model.encoder.a enc.mlp", "encoder.a")]
    [InlineData("module.model.seg_model.a", "a")]
    [InlineData("module.encoder.a module.b", "encoder.a b")]
    [InlineData("model.module.a model.module.b criterion.weight", "a b")]
    [InlineData("model._orig_mod.a", "a")]
    [InlineData("model.a other.b", "model.a other.b")]
    [InlineData("model.criterion.weight model.encoders.a", "encoders.a")]
    public void What_training_put_before_names_is_taken_away(string stored, string expected)
    {
        var state = new StateDict();
        foreach (var name in stored.Split(' '))
            state.Add(name, new StoredTensor(ScalarType.UInt8, [], new byte[1]));

        Assert.Equal(expected.Split(' '), StateDictNames.Strip(state).Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("criterion.weight model.seg_model.encoder.a model.enc.enc_mlp.0.bias model.seg_model.b", "encoder.a b enc.enc_mlp.0.bias")]
    [InlineData("enc.enc_mlp.0.bias seg_model.encoder.a", "encoder.a enc.enc_mlp.0.bias")]
    [InlineData("seg_model.encoder.a enc.other", "encoder.a")]
    [InlineData("model.encoder.a model.enc.enc_mlp.0.bias", "encoder.a enc.enc_mlp.0.bias")]
    public void The_metadata_encoder_is_kept_for_a_network_that_has_one(string stored, string expected)
    {
        var state = new StateDict();
        foreach (var name in stored.Split(' '))
            state.Add(name, new StoredTensor(ScalarType.UInt8, [], new byte[1]));

        Assert.Equal(expected.Split(' '), StateDictNames.Strip(state, keepMetadata: true).Select(entry => entry.Key));
    }

    [Fact]
    public void Two_tensors_of_one_name_are_an_error()
    {
        var state = new StateDict();
        foreach (var name in new[] { "seg_model.a", "ema.seg_model.a" })
            state.Add(name, new StoredTensor(ScalarType.UInt8, [], new byte[1]));

        Assert.Contains("named a ", Assert.Throws<FlairException>(() => StateDictNames.Strip(state)).Message, StringComparison.Ordinal);
    }
}
