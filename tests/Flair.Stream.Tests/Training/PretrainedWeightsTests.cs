using System.Runtime.InteropServices;
using Flair.Checkpoints;
using Flair.Models;
using Flair.Training;

namespace Flair.Tests.Training;

public sealed class PretrainedWeightsTests
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "w.pth");

    [Fact]
    public void Checkpoint_of_FLAIR1_is_loaded_without_its_loss()
    {
        var trained = Network(classes: 4, value: 2);
        TorchCheckpointWriter.WriteStateDict(_path, StateDictNames.ForFlair(trained, [1, 1, 1, 0]));

        var pretrained = PretrainedWeights.Load(_path, "resnet18_unet", Network(classes: 4, value: 1));

        Assert.Equal(trained.Select(Text), pretrained.Weights.Select(Text));
        Assert.Equal([$"{_path}: 8 of 8 tensors loaded", "not used: criterion.weight"], pretrained.Report);
    }

    [Fact]
    public void Head_of_another_number_of_classes_stays_initial()
    {
        var initial = Network(classes: 4, value: 1);
        TorchCheckpointWriter.WriteStateDict(_path, StateDictNames.ForFlair(Network(classes: 7, value: 2)));

        var pretrained = PretrainedWeights.Load(_path, "resnet18_unet", initial);

        Assert.All(pretrained.Weights, entry => Assert.Equal(entry.Key.StartsWith("segmentation_head.", StringComparison.Ordinal) ? 1 : 2, First(entry.Value)));
        Assert.Equal(initial.Select(entry => entry.Value.Shape), pretrained.Weights.Select(entry => entry.Value.Shape));
        Assert.Contains(pretrained.Report, line => line.Contains("has 7 classes and not 4: segmentation_head.0.weight, segmentation_head.0.bias", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("encoder.")]
    [InlineData("module.")]
    [InlineData("model.seg_model.encoder.")]
    public void Encoder_alone_is_loaded_without_its_classifier(string prefix)
    {
        var file = new StateDict();
        foreach (var (name, tensor) in Network(classes: 4, value: 2).Where(entry => entry.Key.StartsWith("encoder.", StringComparison.Ordinal)))
            file.Add(prefix + name["encoder.".Length..], tensor);
        if (prefix is "" or "module.")
            file.Add(prefix + "fc.weight", Tensor(2, 1000, 8));
        TorchCheckpointWriter.WriteStateDict(_path, file);

        var pretrained = PretrainedWeights.Load(_path, "resnet18_unet", Network(classes: 4, value: 1));

        Assert.All(pretrained.Weights, entry => Assert.Equal(entry.Key.StartsWith("encoder.", StringComparison.Ordinal) ? 2 : 1, First(entry.Value)));
        Assert.Equal($"{_path}: 5 of 8 tensors loaded, the encoder's", pretrained.Report[0]);
        Assert.Equal("initial values, because the file has none: decoder (1 tensor), segmentation_head (2 tensors)", pretrained.Report[1]);
        Assert.Equal(prefix is "" or "module.", pretrained.Report.Contains("not used: fc.weight"));
    }

    [Theory]
    [InlineData(1, new[] { 7f, 70 })]
    [InlineData(2, new[] { 1.5f, 3, 15, 30 })]
    [InlineData(5, new[] { 0.6f, 1.2f, 2.4f, 0.6f, 1.2f, 6, 12, 24, 6, 12 })]
    public void First_convolution_takes_other_channels_as_smp_does(int channels, float[] expected)
    {
        var initial = new StateDict { { "encoder.conv1.weight", Tensor(9, 2, channels, 1, 1) }, { "segmentation_head.0.bias", Tensor(9, 4) } };
        TorchCheckpointWriter.WriteStateDict(_path, new StateDict { { "conv1.weight", Values([2, 3, 1, 1], 1, 2, 4, 10, 20, 40) } });

        var pretrained = PretrainedWeights.Load(_path, "resnet18_unet", initial);

        var weight = pretrained.Weights["encoder.conv1.weight"];
        Assert.Equal([2, channels, 1, 1], weight.Shape);
        Assert.Equal(expected, MemoryMarshal.Cast<byte, float>(weight.Data.Span).ToArray(), (a, b) => MathF.Abs(a - b) < 1e-6f * b);
        Assert.Contains(pretrained.Report, line => line.StartsWith($"adapted to {channels} channel", StringComparison.Ordinal));
    }

    [Fact]
    public void Metadata_encoder_may_be_on_either_side_alone()
    {
        var plain = Network(classes: 4, value: 2);
        var withMetadata = Network(classes: 4, value: 1);
        withMetadata.Add("enc.enc_mlp.0.weight", Tensor(1, 3));

        TorchCheckpointWriter.WriteStateDict(_path, StateDictNames.ForFlair(plain));
        Assert.Contains("initial values, because the file has none: enc (1 tensor)", PretrainedWeights.Load(_path, "resnet18_unet", withMetadata).Report);

        TorchCheckpointWriter.WriteStateDict(_path, StateDictNames.ForFlair(withMetadata));
        Assert.Contains("not used: enc.enc_mlp.0.weight", PretrainedWeights.Load(_path, "resnet18_unet", plain).Report);
        Assert.Equal([$"{_path}: 9 of 9 tensors loaded"], PretrainedWeights.Load(_path, "resnet18_unet", withMetadata).Report);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var file = Network(classes: 4, value: 2);
        var initial = new StateDict();
        foreach (var (name, tensor) in file)
            initial.Add(name == "decoder.blocks.0.conv1.0.weight" ? "decoder.other" : name, name == "encoder.bn1.weight" ? Tensor(1, 3) : tensor);
        TorchCheckpointWriter.WriteStateDict(_path, file);

        var error = Assert.Throws<FlairException>(() => PretrainedWeights.Load(_path, "resnet18_unet", initial));

        Assert.StartsWith(
            $"{_path}: resnet18_unet with 3 channels and 4 classes cannot start from it: 1 tensor is missing (decoder.other), "
            + "1 is left over (decoder.blocks.0.conv1.0.weight), 1 is of another shape or type (encoder.bn1.weight is [2] instead of [3]); ",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Another_encoder_is_recognized()
    {
        var (unet, _) = ArchitectureRegistry.Parse("resnet34_unet");
        var file = FormulaWeights.Create(unet.Describe("resnet34", 3, 1)
            .Where(spec => spec.Name.StartsWith("encoder.", StringComparison.Ordinal)).Select(spec => (spec.Name["encoder.".Length..], spec.Shape)));
        SafetensorsWriter.Write(_path, file);

        var error = Assert.Throws<FlairException>(() => PretrainedWeights.Load(_path, "resnet18_unet", Initial("resnet18", 5)));

        Assert.EndsWith("; it is a resnet34: set encoder_decoder to resnet34_unet", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            "adapted to 5 channels by repeating its 3, times 3/5: encoder.conv1.weight",
            PretrainedWeights.Load(_path, "resnet34_unet", Initial("resnet34", 5)).Report[1]);

        StateDict Initial(string encoder, int channels) => FormulaWeights.Create(unet.Describe(encoder, channels, 19).Select(spec => (spec.Name, spec.Shape)));
    }

    [Fact]
    public void Other_channels_than_three_are_refused_with_the_model_that_fits()
    {
        var (unet, _) = ArchitectureRegistry.Parse("resnet18_unet");
        SafetensorsWriter.Write(_path, FormulaWeights.Create(unet.Describe("resnet18", 5, 13).Select(spec => (spec.Name, spec.Shape))));

        var error = Assert.Throws<FlairException>(() => PretrainedWeights.Load(
            _path, "resnet18_unet", FormulaWeights.Create(unet.Describe("resnet18", 4, 13).Select(spec => (spec.Name, spec.Shape)))));

        Assert.Contains("encoder.conv1.weight is [64, 5, 7, 7] instead of [64, 4, 7, 7]", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("; it fits resnet18_unet with 5 channels and 13 classes", error.Message, StringComparison.Ordinal);
    }

    private static StateDict Network(int classes, float value) => new()
    {
        { "encoder.conv1.weight", Tensor(value, 2, 3, 1, 1) },
        { "encoder.bn1.weight", Tensor(value, 2) },
        { "encoder.bn1.running_mean", Tensor(value, 2) },
        { "encoder.layer1.0.conv1.weight", Tensor(value, 2, 2, 1, 1) },
        { "encoder.layer1.0.bn1.bias", Tensor(value, 2) },
        { "decoder.blocks.0.conv1.0.weight", Tensor(value, 2, 2, 1, 1) },
        { "segmentation_head.0.weight", Tensor(value, classes, 2, 1, 1) },
        { "segmentation_head.0.bias", Tensor(value, classes) },
    };

    private static StoredTensor Tensor(float value, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, side) => product * side)];
        Array.Fill(values, value);
        return Values(shape, values);
    }

    private static StoredTensor Values(long[] shape, params float[] values) => new(ScalarType.Float32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static float First(StoredTensor tensor) => MemoryMarshal.Read<float>(tensor.Data.Span);

    private static string Text(KeyValuePair<string, StoredTensor> entry) => $"{entry.Key} [{string.Join(", ", entry.Value.Shape)}] {Convert.ToHexString(entry.Value.Data.Span)}";
}
