namespace Flair.Toy;

/// <summary>
/// A finished rectangle of the landscape, row by row. Column x and row y of it are pixel (X + x, Y + y) of the landscape, whose pixels
/// are the same in whatever rectangle they are asked for.
/// </summary>
internal sealed class ToyRegion
{
    private ToyRegion(int x, int y, int width, int height)
    {
        (X, Y, Width, Height) = (x, y, width, height);
        Bands = [new byte[width * height], new byte[width * height], new byte[width * height], new byte[width * height]];
        Labels = new byte[width * height];
        Terrain = new float[width * height];
        Above = new float[width * height];
    }

    public int X { get; }

    public int Y { get; }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Red, green, blue, near infrared.</summary>
    public byte[][] Bands { get; }

    /// <summary>FLAIR label values, 1 to 19.</summary>
    public byte[] Labels { get; }

    /// <summary>Terrain height in metres.</summary>
    public float[] Terrain { get; }

    /// <summary>Height above the terrain in metres.</summary>
    public float[] Above { get; }

    /// <summary>Draws pixels [x, x + width) × [y, y + height) of the landscape.</summary>
    public static ToyRegion Draw(ToyWorld world, int x, int y, int width, int height)
    {
        const int reach = ToyLight.Reach;
        ToyCanvas canvas = Paint(world, x - reach, y - reach, width + (2 * reach), height + (2 * reach));
        var light = new ToyLight(world, canvas);
        light.Light();

        var region = new ToyRegion(x, y, width, height);
        Parallel.For(0, height, row =>
        {
            for (int column = 0; column < width; column++)
            {
                int to = (row * width) + column, from = ((row + reach) * canvas.Width) + column + reach;
                (region.Bands[0][to], region.Bands[1][to], region.Bands[2][to], region.Bands[3][to]) = light.Expose(row + reach, column + reach);
                region.Labels[to] = canvas.Label[from];
                region.Terrain[to] = canvas.Terrain[from];
                region.Above[to] = canvas.Above[from];
            }
        });
        return region;
    }

    /// <summary>Paints pixels [x, x + width) × [y, y + height) of the landscape without light.</summary>
    public static ToyCanvas Paint(ToyWorld world, int x, int y, int width, int height)
    {
        var canvas = new ToyCanvas(x, y, width, height);
        SortedDictionary<(int J, int I), BlockPlan> plans = PlanBlocks(world, canvas);
        var blocks = plans.Values.ToDictionary(b => (b.I, b.J));
        var ground = new GroundPainter(world, canvas, blocks);
        var bodies = new BodyPainter(canvas, [.. plans.Values.SelectMany(b => b.Furniture.Decals)], [.. plans.Values.SelectMany(b => b.Furniture.Bodies)]);
        canvas.ByBands((first, last) =>
        {
            ground.Paint(first, last);
            bodies.Paint(first, last);
        });
        return canvas;
    }

    // Every block that has a pixel in the canvas, or that may have something standing over its edge into it.
    private static SortedDictionary<(int J, int I), BlockPlan> PlanBlocks(ToyWorld world, ToyCanvas canvas)
    {
        const double over = 12, step = 10;
        var wanted = new SortedSet<(int J, int I)>();
        double u1 = canvas.U(canvas.Width) + over, v1 = canvas.V(canvas.Height) + over;
        for (double v = canvas.V(0) - over; v < v1 + step; v += step)
        {
            for (double u = canvas.U(0) - over; u < u1 + step; u += step)
            {
                PlanPoint p = world.ToPlan(u, v);
                for (int k = 0; k < 4; k++)
                {
                    (int i, int j) = world.BlockAt(p.X + (k % 2 == 0 ? -step : step), p.Y + (k < 2 ? -step : step));
                    wanted.Add((j, i));
                }
            }
        }

        var plans = new BlockPlan[wanted.Count];
        (int J, int I)[] keys = [.. wanted];
        Parallel.For(0, keys.Length, k => plans[k] = new BlockPlan(world, keys[k].I, keys[k].J));
        var result = new SortedDictionary<(int J, int I), BlockPlan>();
        for (int k = 0; k < keys.Length; k++)
            result.Add(keys[k], plans[k]);
        return result;
    }
}
