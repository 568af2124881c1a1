using Flair.Calibrating;

namespace Flair.Tests.Calibrating;

public sealed class CalibrationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flair-calibration-").FullName;

    private string Weights => Path.Combine(_folder, "w.pth");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_and_what_changes_a_pixel_changes_the_fingerprint()
    {
        var calibration = Sample();
        Assert.Equal(Weights + ".int8.json", calibration.Save(Weights));
        var read = Calibration.Find(Weights, "model")!;
        Assert.Equal(calibration.Fingerprint, read.Fingerprint);
        Assert.Equal((calibration.Agreement, calibration.Windows, calibration.CheckedWindows), (read.Agreement, read.Windows, read.CheckedWindows));
        Assert.NotEqual(calibration.Fingerprint, (calibration with { Wide = ["b"] }).Fingerprint);
        Assert.NotEqual(calibration.Fingerprint, (calibration with { Largest = new Dictionary<string, float[]> { ["a"] = [1, 2.0000002f], ["b"] = [3] } }).Fingerprint);
        Assert.NotEqual(calibration.Fingerprint, (calibration with { First = true }).Fingerprint);
        Assert.Equal(calibration.Fingerprint, (calibration with { Agreement = 0.5, Windows = 1 }).Fingerprint);
    }

    [Fact]
    public void A_file_that_says_nothing_of_the_first_convolution_leaves_it_in_floating_point()
    {
        File.WriteAllText(Calibration.PathOf(Weights), """{"format":1,"model":"model","agreement":1,"windows":1,"checked_windows":1,"wide":[],"largest":{}}""");
        Assert.False(Calibration.Find(Weights, "model")!.First);
        (Sample() with { First = true }).Save(Weights);
        Assert.True(Calibration.Find(Weights, "model")!.First);
    }

    [Fact]
    public void Without_a_file_there_is_none() => Assert.Null(Calibration.Find(Weights, "model"));

    [Theory]
    [InlineData(0.9949, false)]
    [InlineData(0.995, true)]
    public void It_is_good_from_995_in_a_thousand(double agreement, bool good) => Assert.Equal(good, (Sample() with { Agreement = agreement }).IsGood);

    [Fact]
    public void Another_models_is_refused()
    {
        Sample().Save(Weights);
        Refused("was made for other weights", "other");
    }

    [Theory]
    [InlineData("", "cannot be read as a calibration")]
    [InlineData("null", "is empty")]
    [InlineData("[1]", "cannot be read as a calibration")]
    [InlineData("{\"format\":1,\"model\":\"model\"}", "cannot be read as a calibration")]
    [InlineData("{\"format\":1,\"model\":\"model\",\"agreement\":1,\"windows\":1,\"checked_windows\":1,\"wide\":[],\"largest\":{\"a\":[\"x\"]}}", "cannot be read as a calibration")]
    [InlineData("{\"format\":1,\"model\":\"model\",\"agreement\":1,\"windows\":1,\"checked_windows\":1,\"wide\":null,\"largest\":null}", "cannot be read as a calibration")]
    [InlineData("{\"format\":2,\"model\":\"model\",\"agreement\":1,\"windows\":1,\"checked_windows\":1,\"wide\":[],\"largest\":{}}", "has format 2")]
    public void Another_file_is_refused_in_one_line(string text, string expected)
    {
        File.WriteAllText(Calibration.PathOf(Weights), text);
        Refused(expected, "model");
    }

    private void Refused(string expected, string model)
    {
        var message = Assert.Throws<FlairException>(() => Calibration.Find(Weights, model)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("flair calibrate", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static Calibration Sample() => new()
    {
        Model = "model",
        Agreement = 0.9979,
        Windows = 16,
        CheckedWindows = 8,
        Wide = [],
        Largest = new Dictionary<string, float[]> { ["a"] = [1, 2], ["b"] = [3] },
    };
}
