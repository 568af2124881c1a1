using Flair.Checkpoints;
using Flair.Models;
using Flair.Settings;
using Flair.Torch;

namespace Flair.Tests.Models;

/// <summary>What segmentation_models_pytorch computes (shared conformance data, models/).</summary>
[Collection(LibTorchCollection.Name)]
public sealed class ReferenceModelTests
{
    public static TheoryData<string> References => [.. ReferenceModel.All.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(References))]
    public void TheStateDictHasTheReferencesNamesAndShapesInItsOrder(string name)
    {
        var reference = ReferenceModel.Find(name);
        var specs = reference.Architecture.Describe(reference.Encoder, reference.Channels, reference.Classes);
        Assert.Equal(
            reference.Keys().Select(key => $"{key.Name} [{string.Join(',', key.Shape)}]"),
            specs.Select(spec => $"{spec.Name} [{string.Join(',', spec.Shape)}]"));
        Assert.All(specs, spec => Assert.Equal(spec.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? ScalarType.Int64 : ScalarType.Float32, spec.Type));
        Assert.Equal(
            reference.Parameters,
            specs.Where(spec => !spec.Name.Contains("running_", StringComparison.Ordinal) && spec.Type == ScalarType.Float32).Sum(spec => spec.Shape.Aggregate(1L, (a, b) => a * b)));
    }

    [Theory]
    [MemberData(nameof(References))]
    public void TheLogitsAreTheReferences(string name)
    {
        var reference = ReferenceModel.Find(name);
        using var input = reference.FormulaInput();
        using var network = reference.CreateWithFormulaWeights();
        AssertLogits(reference, network, input);
        using var optimized = NetworkOptimizer.Optimize(network, Precision.Fp32, "cpu");
        AssertLogits(reference, optimized, input);
    }

    private static void AssertLogits(ReferenceModel reference, INetwork network, Tensor input)
    {
        using var logits = network.Forward(input);
        Assert.Equal(reference.OutputShape, logits.Shape);
        var values = logits.ToArray<float>();
        var expected = reference.Logits();
        Assert.Equal((values.Length + reference.Step - 1) / reference.Step, expected.Length);
        var tolerance = 1e-3 * Math.Max(1, expected.Max(Math.Abs));
        var worst = expected.Select((e, i) => Math.Abs(e - values[i * reference.Step])).Max();
        Assert.InRange(worst, 0, tolerance);
    }
}
