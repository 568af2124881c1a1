using Flair.Toy;

namespace Flair.Tests.Toy;

public sealed class ToyLandscapeTests
{
    [Fact]
    public void The_same_place_is_the_same_whatever_rectangle_it_is_asked_in()
    {
        var world = new ToyWorld(5);
        ToyRegion whole = ToyRegion.Draw(world, 300, 900, 420, 300), part = ToyRegion.Draw(new ToyWorld(5), 420, 1010, 200, 150);
        for (int row = 0; row < part.Height; row++)
        {
            int from = ((row + part.Y - whole.Y) * whole.Width) + part.X - whole.X, to = row * part.Width;
            for (int band = 0; band < 4; band++)
                Assert.True(part.Bands[band].AsSpan(to, part.Width).SequenceEqual(whole.Bands[band].AsSpan(from, part.Width)), $"band {band}, row {row}");
            Assert.True(part.Labels.AsSpan(to, part.Width).SequenceEqual(whole.Labels.AsSpan(from, part.Width)), $"labels, row {row}");
            Assert.True(part.Above.AsSpan(to, part.Width).SequenceEqual(whole.Above.AsSpan(from, part.Width)), $"heights, row {row}");
            Assert.True(part.Terrain.AsSpan(to, part.Width).SequenceEqual(whole.Terrain.AsSpan(from, part.Width)), $"terrain, row {row}");
        }
    }

    [Fact]
    public void Another_seed_is_another_landscape()
    {
        ToyCanvas one = ToyRegion.Paint(new ToyWorld(1), 0, 0, 200, 200), two = ToyRegion.Paint(new ToyWorld(2), 0, 0, 200, 200);
        Assert.True(one.Label.Zip(two.Label).Count(p => p.First != p.Second) > 4000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Four_hundred_metres_hold_every_class_with_heights_that_fit(int seed)
    {
        ToyCanvas canvas = ToyRegion.Paint(new ToyWorld(seed), 0, 0, 2000, 2000);
        var pixels = new int[20];
        var sum = new double[20];
        float[] lowest = new float[20], highest = new float[20];
        Array.Fill(lowest, float.MaxValue);
        for (int at = 0; at < canvas.Label.Length; at++)
        {
            byte label = canvas.Label[at];
            float above = canvas.Above[at];
            pixels[label]++;
            sum[label] += above;
            lowest[label] = Math.Min(lowest[label], above);
            highest[label] = Math.Max(highest[label], above);
        }

        byte[] expected =
        [
            ToyClass.Building, ToyClass.Pervious, ToyClass.Impervious, ToyClass.BareSoil, ToyClass.Water, ToyClass.Coniferous, ToyClass.Deciduous,
            ToyClass.Brushwood, ToyClass.Vineyard, ToyClass.Herbaceous, ToyClass.Agricultural, ToyClass.Plowed, ToyClass.Pool, ToyClass.Greenhouse,
        ];
        Assert.Equal(expected, expected.Where(label => pixels[label] > 200));
        Assert.Equal(0, pixels[0]);
        Assert.True(lowest.Min() >= 0 && highest.Max() <= 22, $"heights from {lowest.Min()} to {highest.Max()} m");
        Assert.InRange(lowest[ToyClass.Building], 2, 15);
        Assert.InRange(highest[ToyClass.Building], 2, 15);
        Assert.Equal(0, highest[ToyClass.Water]);
        Assert.Equal(0, highest[ToyClass.Pool]);
        Assert.InRange(highest[ToyClass.Agricultural], 0.3f, 1.1f);
        Assert.InRange(highest[ToyClass.Plowed], 0.1f, 0.4f);
        Assert.True(sum[ToyClass.Coniferous] / pixels[ToyClass.Coniferous] > 4);
        Assert.True(sum[ToyClass.Deciduous] / pixels[ToyClass.Deciduous] > 4);
        Assert.True(sum[ToyClass.Building] / pixels[ToyClass.Building] > 3);
    }

    [Fact]
    public void Vegetation_is_bright_and_water_dark_in_the_near_infrared()
    {
        ToyRegion region = ToyRegion.Draw(new ToyWorld(1), 300, 900, 500, 400);
        Assert.True(Mean(region, 3, ToyClass.Herbaceous) > 1.15 * Mean(region, 0, ToyClass.Herbaceous));
        Assert.True(Mean(region, 3, ToyClass.Deciduous) > 1.5 * Mean(region, 0, ToyClass.Deciduous));
        Assert.True(Mean(region, 3, ToyClass.Water) < 60);
        Assert.True(Mean(region, 3, ToyClass.Impervious) < Mean(region, 0, ToyClass.Impervious));
    }

    [Fact]
    public void The_bend_of_the_plan_stays_within_its_bound_and_can_be_undone()
    {
        var world = new ToyWorld(9);
        for (int k = 0; k < 500; k++)
        {
            double u = (ToyHash.Unit(1, k, 0) * 4000) - 2000, v = (ToyHash.Unit(2, k, 0) * 4000) - 2000;
            PlanPoint p = world.ToPlan(u, v);
            Assert.InRange(Math.Abs(p.X - u), 0, ToyWorld.MaxBend);
            Assert.InRange(Math.Abs(p.Y - v), 0, ToyWorld.MaxBend);
            (double backU, double backV) = world.ToGround(p.X, p.Y);
            Assert.InRange(Math.Abs(backU - u) + Math.Abs(backV - v), 0, 0.05);
        }
    }

    private static double Mean(ToyRegion region, int band, byte label)
    {
        byte[] values = [.. region.Bands[band].Where((_, at) => region.Labels[at] == label)];
        Assert.True(values.Length > 100, $"only {values.Length} pixels of class {label}");
        return values.Average(value => (double)value);
    }
}
