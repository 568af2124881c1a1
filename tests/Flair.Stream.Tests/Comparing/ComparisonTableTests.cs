using Flair.Comparing;

namespace Flair.Tests.Comparing;

public sealed class ComparisonTableTests
{
    private static readonly ComparedModel[] s_models =
    [
        new()
        {
            Name = "rgb|1",
            Architecture = "resnet34_unet",
            Channels = 3,
            Classes = 15,
            Parameters = 24_438_979,
            Figures = new(54.7168, 76.3711, 67.6063, 69.3481, 67.6565, 1234.5678),
        },
        new() { Name = "swin", Problem = "model 'swin, \"tiny\"' is unknown" },
    ];

    [Fact]
    public void People_get_Markdown() => Assert.Equal(
        """
        | Model | Architecture | Channels | Classes | mIoU | OA | F-score | Precision | Recall | Parameters | Seconds |
        | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        | rgb\|1 | resnet34_unet | 3 | 15 | 54.72 | 76.37 | 67.61 | 69.35 | 67.66 | 24,438,979 | 1235 |
        | swin | – | – | – | – | – | – | – | – | – | – |

        - swin: model 'swin, "tiny"' is unknown

        """.ReplaceLineEndings("\n"),
        ComparisonTable.Markdown(s_models));

    [Fact]
    public void Programs_get_CSV() => Assert.Equal(
        """
        model,architecture,channels,classes,miou,overall_accuracy,fscore,precision,recall,parameters,seconds,problem
        rgb|1,resnet34_unet,3,15,54.7168,76.3711,67.6063,69.3481,67.6565,24438979,1234.568,
        swin,,,,,,,,,,,"model 'swin, ""tiny""' is unknown"

        """.ReplaceLineEndings("\n"),
        ComparisonTable.Csv(s_models));
}
