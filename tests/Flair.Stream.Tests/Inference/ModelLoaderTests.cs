using Flair.Checkpoints;
using Flair.Inference;
using Flair.Models;
using Flair.Settings;

namespace Flair.Tests.Inference;

public sealed class ModelLoaderTests
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "w.safetensors");

    [Fact]
    public void Formula_weights_fit_any_model()
    {
        var model = ModelLoader.Load(new() { Architecture = "resnet18_unet", Weights = "formula", Classes = "flair-13" }, 4);

        Assert.True(model.WeightsAreFormula);
        Assert.Equal(("resnet18_unet", 4, 13), (model.Architecture, model.Channels, model.ClassCount));
        Assert.Equal([64, 4, 7, 7], model.Weights["encoder.conv1.weight"].Shape);
        Assert.Equal([13, 16, 3, 3], model.Weights["segmentation_head.0.weight"].Shape);
    }

    [Fact]
    public void Fingerprint_is_of_the_weights_not_of_the_file()
    {
        var formula = ModelLoader.Load(Settings("formula"), 3);
        SafetensorsWriter.Write(_path, Rename(formula.Weights, "model.seg_model."));

        var read = ModelLoader.Load(Settings(_path), 3);

        Assert.False(read.WeightsAreFormula);
        Assert.Matches("^[0-9a-f]{64}$", read.Fingerprint);
        Assert.Equal(formula.Fingerprint, read.Fingerprint);
        Assert.Equal(formula.Weights.Select(entry => entry.Key), read.Weights.Select(entry => entry.Key));
        Assert.NotEqual(formula.Fingerprint, ModelLoader.Load(Settings(_path, classes: "flair-15"), 3).Fingerprint);
        Assert.NotEqual(formula.Fingerprint, ModelLoader.Load(Settings("formula"), 4).Fingerprint);
    }

    [Fact]
    public void Order_of_the_file_does_not_matter_and_old_files_lack_counters()
    {
        var formula = ModelLoader.Load(Settings("formula"), 3);
        var reversed = new StateDict();
        foreach (var (name, tensor) in formula.Weights.Reverse().Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
            reversed.Add(name, tensor);
        SafetensorsWriter.Write(_path, reversed);

        Assert.Equal(formula.Fingerprint, ModelLoader.Load(Settings(_path), 3).Fingerprint);
    }

    [Theory]
    [InlineData(5, "flair-19", "resnet18_unet", "encoder.conv1.weight is [64, 3, 7, 7] instead of [64, 5, 7, 7]", "it fits resnet18_unet with 3 channels and 19 classes: give inputs of 3 channels instead of 5")]
    [InlineData(3, "flair-12", "resnet18_unet", "2 tensors are of another shape or type (segmentation_head.0.weight is [19, 16, 3, 3] instead of [12, 16, 3, 3]", "set model.classes to flair-19 or flair-15 or flair-hub instead of flair-12")]
    [InlineData(3, "flair-19", "resnet34_unet", "tensors are missing (encoder.layer1.2.conv1.weight, ", "it fits resnet18_unet with 3 channels and 19 classes: set model.architecture to resnet18_unet")]
    [InlineData(4, "flair-13", "resnet50_unet", "of another shape or type (encoder.conv1.weight is [64, 3, 7, 7] instead of [64, 4, 7, 7], ", "set model.architecture to resnet18_unet, give inputs of 3 channels instead of 4, set model.classes to flair-19")]
    public void Other_weights_are_answered_with_the_model_they_fit(int channels, string classes, string architecture, string differs, string advice)
    {
        SafetensorsWriter.Write(_path, ModelLoader.Load(Settings("formula"), 3).Weights);

        var message = Assert.Throws<FlairException>(() => ModelLoader.Load(Settings(_path, classes, architecture), channels)).Message;

        Assert.StartsWith($"{_path}: does not fit {architecture} with {channels} channels", message, StringComparison.Ordinal);
        Assert.Contains(differs, message, StringComparison.Ordinal);
        Assert.Contains(advice, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.InRange(message.Length, 0, 900);
    }

    [Fact]
    public void Weights_near_a_model_name_it()
    {
        var state = Rename(ModelLoader.Load(Settings("formula"), 3).Weights, string.Empty);
        state.Add("attention.weight", new StoredTensor(ScalarType.UInt8, [1], new byte[1]));
        SafetensorsWriter.Write(_path, state);

        var message = Assert.Throws<FlairException>(() => ModelLoader.Load(Settings(_path), 3)).Message;

        Assert.Contains("1 tensor is left over (attention.weight); the nearest model is resnet18_unet", message, StringComparison.Ordinal);
        Assert.Contains("from which 1 tensor of", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_numbers_in_place_of_weights_are_refused()
    {
        var state = new StateDict();
        foreach (var (name, tensor) in ModelLoader.Load(Settings("formula"), 3).Weights)
            state.Add(name, name == "encoder.bn1.bias" ? new StoredTensor(ScalarType.Int32, tensor.Shape, tensor.Data) : tensor);
        SafetensorsWriter.Write(_path, state);

        Assert.Contains("encoder.bn1.bias is int32 instead of float32", Assert.Throws<FlairException>(() => ModelLoader.Load(Settings(_path), 3)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScalarType.Float32, new byte[] { 0, 0, 0xC0, 0x7F })]
    [InlineData(ScalarType.Float32, new byte[] { 0, 0, 0x80, 0xFF })]
    [InlineData(ScalarType.BFloat16, new byte[] { 0xC0, 0x7F })]
    [InlineData(ScalarType.Float16, new byte[] { 0, 0xFC })]
    [InlineData(ScalarType.Float64, new byte[] { 1, 0, 0, 0, 0, 0, 0xF0, 0x7F })]
    public void Weights_that_are_not_finite_are_refused(ScalarType type, byte[] value)
    {
        // In the vectors' part of a kernel, and in the rest of a bias of 19.
        foreach (var (broken, at) in new[] { ("encoder.layer1.0.conv1.weight", 1000), ("segmentation_head.0.bias", 18) })
        {
            var state = new StateDict();
            foreach (var (name, tensor) in ModelLoader.Load(Settings("formula"), 3).Weights)
                state.Add(name, name == broken ? Broken(tensor, type, at, value) : tensor);
            SafetensorsWriter.Write(_path, state);

            var message = Assert.Throws<FlairException>(() => ModelLoader.Load(Settings(_path), 3)).Message;

            Assert.Equal(
                $"{_path}: NaN or infinity in 1 of {state.Count} tensors, first in {broken}, as a training leaves that diverged; take a checkpoint of an earlier epoch",
                message);
        }

        static StoredTensor Broken(StoredTensor tensor, ScalarType type, int at, byte[] value)
        {
            var bytes = new byte[tensor.Data.Length / sizeof(float) * value.Length];
            value.CopyTo(bytes, at * value.Length);
            return new StoredTensor(type, tensor.Shape, bytes);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, new byte[] { 0xFF, 0xFF, 0x7F, 0x7F })]
    [InlineData(ScalarType.BFloat16, new byte[] { 0x7F, 0x7F })]
    [InlineData(ScalarType.Float16, new byte[] { 0xFF, 0x7B })]
    [InlineData(ScalarType.Float64, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0xFF })]
    public void The_largest_numbers_of_a_type_are_finite(ScalarType type, byte[] value) =>
        Assert.True(TensorValues.AreFinite(new StoredTensor(type, [37], Enumerable.Repeat(value, 37).SelectMany(each => each).ToArray())));

    [Fact]
    public void Weights_of_something_else_are_none_of_the_models()
    {
        var state = new StateDict();
        state.Add("a", new StoredTensor(ScalarType.Float32, [1], new byte[4]));
        SafetensorsWriter.Write(_path, state);

        var message = Assert.Throws<FlairException>(() => ModelLoader.Load(Settings(_path), 3)).Message;

        Assert.Contains("1 is left over (a)", message, StringComparison.Ordinal);
        Assert.Contains($"none of the models known here ({ArchitectureRegistry.Listing}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Logits_that_contradict_the_classes_are_refused()
    {
        var error = Assert.Throws<FlairException>(() => ModelLoader.Load(Settings("formula", "flair-12") with { Logits = 19 }, 3));

        Assert.Equal("model.logits is 19, but model.classes 'flair-12' has 12 classes; set model.classes to flair-19 or flair-15 or flair-hub", error.Message);
    }

    private static ModelSettings Settings(string weights, string classes = "flair-19", string architecture = "resnet18_unet") =>
        new() { Architecture = architecture, Weights = weights, Classes = classes };

    private static StateDict Rename(StateDict state, string prefix)
    {
        var renamed = new StateDict();
        foreach (var (name, tensor) in state)
            renamed.Add(prefix + name, tensor);
        return renamed;
    }
}
