using Flair.Inference;
using Flair.Running;
using Flair.Settings;
using Flair.Source;
using Flair.Stitching;
using Flair.Torch;
using Flair.Windowing;

namespace Flair.Tests.Stitching;

public sealed class SharedWindowsTests : IDisposable
{
    private const int Size = 32, Margin = 8, Classes = 5;

    private static readonly GridRect s_left = new(-40, -10, 61, 50), s_right = new(21, -10, 70, 50);

    private readonly string _folder = Directory.CreateTempSubdirectory("flair-shared-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(StitchMode.Blend)]
    [InlineData(StitchMode.Crop)]
    public void Logits_come_back_as_they_were_given(StitchMode stitch)
    {
        var (left, right) = (Unit(s_left, stitch), Unit(s_right, stitch));
        using var shared = SharedWindows.Between(left, right, Stitching(stitch))!;
        var margin = stitch == StitchMode.Blend ? 0 : Margin;
        var windows = SharedWindows.Of(left, right).ToArray();
        Assert.NotEmpty(windows);
        var random = new Random(5);
        Dictionary<string, float[]> values = [];
        foreach (var (i, placement) in windows.Index())
        {
            // A network may give them class by class or pixel by pixel, and a batch of them.
            var side = Size - (2 * margin);
            var numbers = Enumerable.Range(0, 2 * Classes * side * side).Select(_ => random.NextSingle()).ToArray();
            using var classByClass = Tensor.From<float>(numbers, 2, Classes, side, side);
            using var logits = classByClass.Contiguous(i % 2 == 0 ? MemoryFormat.Contiguous : MemoryFormat.ChannelsLast);
            shared.Save(shared.Find(placement)!, new TensorLogits(logits).View, 1, placement.Window.Inflate(-margin));
            values.Add(placement.Id, numbers[(Classes * side * side)..]);
        }

        foreach (var placement in windows)
        {
            var (given, part) = (placement.Window.Inflate(-margin), shared.Find(placement)!.Part);
            Assert.Equal((stitch == StitchMode.Blend ? placement.Window : placement.Core).Intersect(s_right), part);
            foreach (var band in shared.Find(placement)!.Bands())
            {
                using var back = shared.Load(shared.Find(placement)!, band);
                Assert.Equal((1, Classes, band.Height, band.Width), (back.View.Count, back.View.Classes, back.View.Rows, back.View.Columns));
                var expected =
                    from c in Enumerable.Range(0, Classes)
                    from y in Enumerable.Range(band.Y - given.Y, band.Height)
                    from x in Enumerable.Range(band.X - given.X, band.Width)
                    select values[placement.Id][(((c * given.Height) + y) * given.Width) + x];
                Assert.Equal(expected, back.View.ToArray());
            }
        }
    }

    [Fact]
    public void They_are_those_that_both_units_lay()
    {
        var (left, right) = (Unit(s_left, StitchMode.Blend), Unit(s_right, StitchMode.Blend));
        var common = left.Rows.SelectMany(row => row).Select(placement => placement.Id).Intersect(right.Rows.SelectMany(row => row).Select(placement => placement.Id));
        Assert.Equal(common, SharedWindows.Of(left, right).Select(placement => placement.Id));
        Assert.Null(SharedWindows.Between(left, Unit(s_right with { X = 200 }, StitchMode.Blend), Stitching(StitchMode.Blend)));
    }

    [Fact]
    public void What_an_earlier_unit_has_computed_is_not_passed_on()
    {
        // The unit in the middle is narrower than a window.
        var (left, middle, right) = (Unit(s_left, StitchMode.Blend), Unit(s_right with { Width = 6 }, StitchMode.Blend), Unit(s_right with { X = 27 }, StitchMode.Blend));
        using var first = SharedWindows.Between(left, middle, Stitching(StitchMode.Blend))!;
        var all = SharedWindows.Of(middle, right).Count();
        left.Share(first, middle);
        Assert.InRange(SharedWindows.Of(middle, right).Count(), 0, all - 1);
    }

    [Fact]
    public void Windows_that_find_no_room_are_not_shared_and_no_file_is_left()
    {
        var (left, right) = (Unit(s_left, StitchMode.Blend), Unit(s_right, StitchMode.Blend));
        var all = SharedWindows.Of(left, right).ToArray();
        var half = all.Take(all.Length / 2).Sum(placement => placement.Window.Intersect(s_right).Area) * Classes * sizeof(float);
        using (var some = SharedWindows.Between(left, right, Stitching(StitchMode.Blend) with { MostBytes = half })!)
            Assert.Equal(all.Length / 2, all.Count(placement => some.Find(placement) is not null));
        using (var others = SharedWindows.Between(left, right, Stitching(StitchMode.Blend) with { FreeBytes = () => half })!)
            Assert.Equal(all.Length / 2, all.Count(placement => others.Find(placement) is not null));
        Assert.Null(SharedWindows.Between(left, right, Stitching(StitchMode.Blend) with { FreeBytes = () => -1 }));
        Assert.Null(SharedWindows.Between(left, right, Stitching(StitchMode.Blend) with { Folder = "/dev/null/no-folder" }));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    private static UnitState Unit(GridRect rect, StitchMode stitch) =>
        new(new WorkUnit([new SourceTile("t", rect, "t.tif", [], null)]), new GridLattice(new WindowSettings { Size = Size, Margin = Margin }, stitch), _ => true);

    private SharedStitching Stitching(StitchMode stitch) => new(_folder, stitch == StitchMode.Blend, Classes);
}
