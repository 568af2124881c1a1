using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Flair.Evaluation;
using Flair.Gdal;
using Flair.Reporting;
using Flair.Settings;
using Flair.Tests.Evaluation;
using Flair.Training;

namespace Flair.Tests.Reporting;

public sealed class HtmlReportTests
{
    private const int Side = 300;
    private readonly PatchFolder _patches = new();

    [Fact]
    public void Page_reads_as_XML_and_names_nothing_outside_itself()
    {
        var (content, _) = Content(patches: 2);

        var html = HtmlReport.Html(content);

        var page = Parse(html);
        Assert.Equal(["training", "classes", "confusion", "patches", "settings"], page.Descendants("section").Select(section => section.Attribute("id")!.Value));
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("link"));
        Assert.All(page.Descendants("script"), script => Assert.Null(script.Attribute("src")));
        Assert.All(page.Descendants("a"), link => Assert.Contains(page.Descendants("section"), section => "#" + section.Attribute("id")!.Value == link.Attribute("href")!.Value));
        Assert.All(page.Descendants("img"), image => Assert.StartsWith("data:image/png;base64,", image.Attribute("src")!.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        var ids = page.Descendants().Select(element => element.Attribute("id")?.Value).OfType<string>().ToArray();
        Assert.Equal(ids.Distinct(), ids);
        Assert.Equal(html, HtmlReport.Html(content));
    }

    [Fact]
    public void Names_are_escaped()
    {
        var settings = _patches.Settings() with { Name = "<b>\"R&D\"</b>", Classes = [new(1, 1, "<i>a</i>"), new(2, 1, "b & c"), new(3, 0, "\"d\"")] };
        var matrix = ConfusionMatrix.Of(new long[,] { { 1, 2, 0 }, { 0, 4, 0 }, { 0, 1, 0 } });
        var content = new ReportContent
        {
            Settings = settings,
            Metrics = new MetricsResult("", matrix, SegmentationMetrics.Of(matrix, settings.Classes), []),
            Facts = [("weights", "<none> & \"none\"")],
        };

        var page = Parse(HtmlReport.Html(content));

        Assert.Equal(settings.Name, page.Descendants("h1").Single().Value);
        Assert.Equal(settings.Name, page.Descendants("title").First().Value);
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "<i>a</i>");
        Assert.Contains(page.Descendants("dd"), cell => cell.Value == "<none> & \"none\"");
    }

    [Fact]
    public void Every_figure_is_on_the_page()
    {
        var (content, metrics) = Content(patches: 2);

        var page = Parse(HtmlReport.Html(content));

        var cards = page.Descendants("div").Where(div => div.Attribute("class")?.Value == "value").Select(div => div.Value).ToArray();
        Assert.Equal([.. metrics.Metrics.Averages.Select(average => Text(average.Value) + " %"), "0.4000 ", "0.3000 "], cards);
        var rows = Section(page, "classes").Descendants("tbody").Single().Elements("tr").Select(row => row.Elements("td").Select(cell => cell.Value).ToArray()).ToArray();
        Assert.Equal(2, rows.Length);
        foreach (var (row, entry) in rows.Zip(metrics.Metrics.Classes))
        {
            var pixels = entry.Support.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');
            Assert.Equal([entry.Name, "1", pixels, Text(entry.Iou), Text(entry.FScore), Text(entry.Precision), Text(entry.Recall)], row);
        }

        var cells = Section(page, "confusion").Descendants("title").Select(title => title.Value).ToArray();
        for (var truth = 0; truth < 3; truth++)
        {
            for (var prediction = 0; prediction < 3; prediction++)
            {
                var count = metrics.Matrix[truth, prediction];
                var names = content.Settings.Classes;
                var wanted = $"truth {names[truth].Name}\nprediction {names[prediction].Name}\n{count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f')} pixels\n";
                Assert.Equal(count > 0, cells.Any(cell => cell.StartsWith(wanted, StringComparison.Ordinal)));
            }
        }

        var training = Section(page, "training").Descendants("title").Select(title => title.Value).ToArray();
        Assert.Contains("epoch 1\ntrain 0.5000\nvalidation 0.4000", training);
        Assert.Contains("epoch 2\ntwo 0.6500", training);
        Assert.Contains("best epoch: 1", training);
        Assert.Contains("epoch 2\nlr 1e-4", training);
    }

    [Fact]
    public void Patches_show_image_truth_prediction_and_errors()
    {
        var (content, _) = Content(patches: 2);

        var page = Parse(HtmlReport.Html(content));

        var images = Section(page, "patches").Descendants("img").ToArray();
        Assert.Equal(8, images.Length);

        // Patch 1 is the worse one. Its picture is halved: pixels are the means of the image's squares of four.
        var image = Decode(images[0]);
        Assert.Equal((Side / 2, Side / 2, 3), (image.Width, image.Height, image.Bands));
        var source = PatchFolder.Pixels(1, Side, Side);
        var mean = (source[0] + source[1] + source[Side] + source[Side + 1]) / 4.0;
        Assert.InRange(image.Values[0], mean - 1, mean + 1);

        // The mask's values 1, 2 and 9, which is no class: clear.
        var (width, _, _, truth, colors) = Decode(images[1]);
        var palette = ClassPalette.Of(content.Settings.Classes);
        Assert.Equal([.. palette.Select(land => (land.Color, 255)), (0, 0)], colors.Select(color => ((color[0] << 16) | (color[1] << 8) | color[2], (int)color[3])));
        Assert.Equal([0, 1, 3], truth.Take(width * 2).Distinct().Order().Select(value => (int)value));
    }

    [Fact]
    public void The_worst_the_middle_and_the_best_are_chosen()
    {
        var patches = Enumerable.Range(0, 40).Select(i => new PatchResult($"i{i:00}", "m", "p", i == 39 ? 0 : 100, i)).ToArray();

        var chosen = PatchTriples.Choose(patches);

        Assert.Equal(["i00", "i01", "i02", "i03", "i17", "i18", "i19", "i20", "i35", "i36", "i37", "i38"], chosen.Select(choice => choice.Patch.Image));
        Assert.Equal(["worst", "median", "best"], chosen.Select(choice => choice.Why).Distinct());
        Assert.Equal(5, PatchTriples.Choose(patches[..5]).Count);
        Assert.Empty(PatchTriples.Choose([]));
    }

    [Fact]
    public void Deleted_predictions_are_told()
    {
        var (content, _) = Content(patches: 2);
        MetricsRun.DeletePredictions(content.Settings);

        var page = Parse(HtmlReport.Html(content));

        Assert.Contains("deleted", Section(page, "patches").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_of_one_epoch_and_odd_values_makes_a_page()
    {
        var settings = _patches.Settings();
        var epoch = new EpochRecord(0, 10, 0.02, double.NaN, 0.5, double.PositiveInfinity, double.NaN, [0, double.NaN, 1], 3);
        var path = Path.Combine(_patches.Folder, "out", HtmlReport.FileName);

        HtmlReport.Write(path, new ReportContent { Settings = settings, History = new(["one", "two", "three"], [epoch]) });

        var page = Parse(File.ReadAllText(path));
        Assert.Equal(["training", "settings"], page.Descendants("section").Select(section => section.Attribute("id")!.Value));
        Assert.DoesNotContain("NaN", Section(page, "training").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", Section(page, "training").ToString(), StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Many_classes_stay_a_page_of_moderate_size()
    {
        const int count = 100;
        var counts = new long[count, count];
        for (var truth = 0; truth < count; truth++)
        {
            for (var prediction = 0; prediction < count; prediction++)
                counts[truth, prediction] = truth == prediction ? 1000 : (truth + prediction) % 5;
        }

        var matrix = ConfusionMatrix.Of(counts);
        TrainingClass[] classes = [.. Enumerable.Range(1, count).Select(value => new TrainingClass(value, 1, $"c{value}"))];
        var content = new ReportContent
        {
            Settings = _patches.Settings() with { Classes = classes },
            Metrics = new MetricsResult("", matrix, SegmentationMetrics.Of(matrix, classes), []),
        };

        var html = HtmlReport.Html(content);

        Parse(html);
        Assert.InRange(html.Length, 0, 6 << 20);
    }

    [Theory]
    [InlineData(0.13, 2.41, 5, "0.0 0.5 1.0 1.5 2.0 2.5")]
    [InlineData(0, 1, 5, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0.005, 0.02, 5, "0.005 0.010 0.015 0.020")]
    [InlineData(58, 64, 5, "58 60 62 64")]
    [InlineData(3, 3, 5, "1 2 3 4 5")]
    [InlineData(0, 0, 5, "-1.0 -0.5 0.0 0.5 1.0")]
    public void Ticks_are_round_numbers_that_enclose_the_values(double low, double high, int wanted, string expected) =>
        Assert.Equal(expected, string.Join(' ', AxisTicks.Linear(low, high, wanted).Marks.Select(mark => mark.Text)));

    [Theory]
    [InlineData(0, 0, "0")]
    [InlineData(0, 5, "0 1 2 3 4 5")]
    [InlineData(3, 41, "5 10 15 20 25 30 35 40")]
    public void Epochs_are_whole_numbers(int low, int high, string expected) =>
        Assert.Equal(expected, string.Join(' ', AxisTicks.Whole(low, high, 8).Marks.Select(mark => mark.Text)));

    [Fact]
    public void Wide_ranges_are_drawn_in_decades()
    {
        var axis = AxisTicks.Decades(2e-5, 0.02);

        Assert.Equal(["1e-5", "1e-4", "1e-3", "1e-2", "1e-1"], axis.Marks.Select(mark => mark.Text));
        Assert.Equal(0.5, axis.Share(1e-3), 1e-9);
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static XElement Section(XDocument page, string id) => page.Descendants("section").Single(section => section.Attribute("id")!.Value == id);

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }

    private static (int Width, int Height, int Bands, byte[] Values, byte[][] Colors) Decode(XElement image)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "x.png");
        File.WriteAllBytes(path, Convert.FromBase64String(Regex.Replace(image.Attribute("src")!.Value, "^data:image/png;base64,", "")));
        using var raster = Raster.Open(path);
        var values = new byte[raster.BandCount * raster.Width * raster.Height];
        raster.Read<byte>(0, 0, raster.Width, raster.Height, [.. Enumerable.Range(1, raster.BandCount)], values);
        return (raster.Width, raster.Height, raster.BandCount, values, [.. raster.ColorTable(1).Select(color => new[] { color.R, color.G, color.B, color.A })]);
    }

    /// <summary>Patches of which each is half right, the second less; with the third class of weight 0 and pixels of no class.</summary>
    private (ReportContent Content, MetricsResult Metrics) Content(int patches)
    {
        var settings = _patches.Settings();
        for (var i = 0; i < patches; i++)
        {
            byte[] mask = [.. Enumerable.Range(0, Side * Side).Select(pixel => (byte)(pixel % 7 == 0 ? 9 : 1 + (pixel / 2 % 2)))];
            byte[] prediction = [.. mask.Select((value, pixel) => (byte)(pixel % (5 - i) == 0 ? 2 : pixel % 11 == 0 ? 0 : value - 1))];
            _patches.Add(i, Side, Side, mask);
            PatchFolder.WriteMask(PredictionFiles.Of(settings, PatchFolder.Name(i)), Side, Side, [.. prediction.Select(value => Math.Min(value, (byte)2))]);
        }

        var metrics = MetricsRun.Run(settings);
        EpochRecord[] epochs =
        [
            new(0, 10, 0.02, 0.9, null, 0.8, 0.2, [0.1, 0.25, 0], 12),
            new(1, 20, 0.02, 0.5, null, 0.4, 0.3, [0.3, 0.55, 0], 11),
            new(2, 30, 0.0001, 0.4, null, 0.6, 0.5, [0.35, 0.65, 0], 12),
        ];
        return (new ReportContent { Settings = settings, Metrics = metrics, History = new(["one", "two", "three"], epochs) }, metrics);
    }
}
