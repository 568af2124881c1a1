using Flair.Evaluation;
using Flair.Inference;
using Flair.Torch;

namespace Flair.Tests.Evaluation;

public sealed class LogitClassesTests
{
    private const int Classes = 5, Rows = 6, Columns = 7;

    [Theory]
    [InlineData(MemoryFormat.Contiguous)]
    [InlineData(MemoryFormat.ChannelsLast)]
    public void Kernels_and_libtorch_take_the_same_classes(MemoryFormat format)
    {
        // Few values, so that many are equal; and some that are no numbers.
        var random = new Random(11);
        var values = Enumerable.Range(0, 2 * Classes * Rows * Columns).Select(_ => random.Next(20) == 0 ? float.NaN : random.Next(3)).ToArray();
        using var plain = Tensor.From<float>(values, 2, Classes, Rows, Columns);
        using var tensor = plain.Contiguous(format);
        using var logits = new TensorLogits(tensor);
        Assert.Equal(LogitClasses.Of(tensor, Classes, Rows, Columns), LogitClasses.Of(logits, Classes, Rows, Columns));
    }

    [Theory]
    [InlineData(4, Rows, Columns)]
    [InlineData(Classes, 5, Columns)]
    [InlineData(Classes, Rows, 8)]
    public void Another_shape_is_refused(int classes, int rows, int columns)
    {
        using var logits = new HostLogits(1, Classes, Rows, Columns);
        var refused = Assert.Throws<FlairException>(() => LogitClasses.Of(logits, classes, rows, columns));
        Assert.Contains($"[1, {Classes}, {Rows}, {Columns}] where {classes} classes of {rows} × {columns}", refused.Message, StringComparison.Ordinal);
    }
}
