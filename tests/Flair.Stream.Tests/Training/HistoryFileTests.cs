using Flair.Training;

namespace Flair.Tests.Training;

public sealed class HistoryFileTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly TrainingHistory _history = new(
        ["a", "b, c"],
        [new(0, 10, 0.02, 1.5, null, 1e-5, double.NaN, [0.25, 0.1], 2.5), new(1, 20, 0.01, 0.1, 0.75, double.PositiveInfinity, 0.5, [0, 1], 3)]);

    [Fact]
    public void What_is_written_comes_back()
    {
        HistoryFile.Write(_folder, _history);

        var read = HistoryFile.Read(_folder)!;

        Assert.Equal(_history.Classes, read.Classes);
        Assert.Equal(_history.Epochs.Count, read.Epochs.Count);
        foreach (var (expected, actual) in _history.Epochs.Zip(read.Epochs))
        {
            Assert.Equal(expected.ValIou, actual.ValIou);
            Assert.Equal(expected, actual with { ValIou = expected.ValIou });
        }

    }

    [Theory]
    [InlineData("val_loss", false, 0)]
    [InlineData("train_loss", false, 1)]
    [InlineData("val_miou", true, 1)]
    [InlineData("val_iou_b, c", true, 1)]
    [InlineData("val_iou_a", true, 0)]
    [InlineData("val_iou_x", true, null)]
    [InlineData("nonsense", true, null)]
    public void The_best_epoch_is_that_of_the_monitored_value(string monitor, bool maximize, int? expected) =>
        Assert.Equal(expected, _history.Best(monitor, maximize)?.Epoch);

    [Fact]
    public void The_table_has_a_line_an_epoch()
    {
        HistoryFile.Write(_folder, _history);

        Assert.Equal(
            "epoch,global_step,lr,train_loss,train_miou,val_loss,val_miou,val_iou_a,\"val_iou_b, c\",seconds\n"
            + "0,10,0.02,1.5,,1e-05,NaN,0.25,0.1,2.5\n1,20,0.01,0.1,0.75,Infinity,0.5,0.0,1.0,3.0\n",
            File.ReadAllText(Path.Combine(_folder, "history.csv")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"classes\": [\"a\"]}")]
    [InlineData("{\"classes\": [\"a\"], \"epochs\": [{\"epoch\": 1}]}")]
    [InlineData("{\"classes\": [\"a\"], \"epochs\": null}")]
    [InlineData("{\"classes\": [\"a\"], \"epochs\": [null]}")]
    public void Damage_is_one_line(string json)
    {
        var path = Path.Combine(_folder, "history.json");
        File.WriteAllText(path, json);

        Assert.StartsWith(path + ": ", Assert.Throws<FlairException>(() => HistoryFile.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_no_history() => Assert.Null(HistoryFile.Read(_folder));
}
