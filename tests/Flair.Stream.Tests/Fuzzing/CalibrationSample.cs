using Flair.Calibrating;
using Flair.Models.Graphs;

namespace Flair.Tests.Fuzzing;

/// <summary>A network of three convolutions and its calibration.</summary>
internal static class CalibrationSample
{
    public const string Whole = """
        {"format":1,"model":"model","agreement":0.999,"windows":16,"checked_windows":8,"wide":["b"],
        "largest":{"a":[1.5,2.25,0],
        "b":[3,4],
        "c":[1,1]}}
        """;

    /// <summary>Reads the calibration at a path and makes steps of it.</summary>
    public static void Read(string path)
    {
        if (Calibration.Find(path[..^".int8.json".Length], "model") is not { } calibration)
            return;
        var graph = new NetworkGraph(3);
        var a = graph.Add(new ConvolutionNode(graph.Input, "a", 3, kernel: 3, stride: 1, dilation: 1, added: null, relu: true));
        var b = graph.Add(new ConvolutionNode(a, "b", 2, kernel: 3, stride: 1, dilation: 1, added: null, relu: true));
        graph.Output = graph.Add(new ConvolutionNode(b, "c", 2, kernel: 1, stride: 1, dilation: 1, added: null, relu: false));
        _ = calibration.Fingerprint;
        var steps = calibration.QuantizationOf(graph).Steps;
        Assert.All(steps.Values.SelectMany(each => each), step => Assert.True(step > 0 && float.IsFinite(step), $"a step is {step}"));
    }
}
