namespace Flair.Toy;

/// <summary>
/// One block of the plan: cut into parcels, and furnished with what stands on them. A function of the seed and the block's numbers alone.
/// </summary>
internal sealed class BlockPlan
{
    private readonly List<Cut> _cuts = [];
    private readonly List<Parcel> _parcels = [];
    private readonly int _root;
    private readonly uint _salt;

    public BlockPlan(ToyWorld world, int i, int j)
    {
        I = i;
        J = j;
        Left = world.LineX(i, j);
        Right = world.LineX(i + 1, j);
        Top = world.LineY(j);
        Bottom = world.LineY(j + 1);
        Kind = world.KindOf(i, j);
        (WayTop, WayBottom, WayLeft, WayRight) = (world.WayAbove(j), world.WayAbove(j + 1), world.WayLeft(i, j), world.WayLeft(i + 1, j));
        _salt = ToyHash.Mix(world.Salt(51), i, j);
        var dice = new ToyDice(_salt);
        double target = Kind switch
        {
            BlockKind.Village => 31,
            BlockKind.Activity => 72,
            BlockKind.Mixed => 62,
            BlockKind.Deciduous or BlockKind.Coniferous => 120,
            _ => 78,
        };
        _root = Split([(Left, Top), (Right, Top), (Right, Bottom), (Left, Bottom)], target, 0, ref dice);
        CoverDealer.Deal(world, this, ref dice);
        Furniture = Furnisher.Furnish(world, this, ref dice);
    }

    public int I { get; }

    public int J { get; }

    public double Left { get; }

    public double Right { get; }

    public double Top { get; }

    public double Bottom { get; }

    public BlockKind Kind { get; }

    public WayKind WayTop { get; }

    public WayKind WayBottom { get; }

    public WayKind WayLeft { get; }

    public WayKind WayRight { get; }

    /// <summary>The parcels, in the order of the cuts.</summary>
    public IReadOnlyList<Parcel> Parcels => _parcels;

    /// <summary>What lies and stands on the block, in the order of drawing.</summary>
    public Furniture Furniture { get; }

    /// <summary>The parcel at a place of the block.</summary>
    public ParcelHit Find(double x, double y)
    {
        double distance = double.MaxValue, wayDistance = double.MaxValue;
        Divide divide = Divide.Nothing, way = Divide.Nothing;
        int at = _root;
        while (at >= 0)
        {
            Cut cut = _cuts[at];
            double side = (x * cut.Nx) + (y * cut.Ny) - cut.Offset;
            double away = Math.Abs(side);
            if (away < distance)
                (distance, divide) = (away, cut.Divide);
            if (cut.Divide >= Divide.Track && away < wayDistance)
                (wayDistance, way) = (away, cut.Divide);
            at = side < 0 ? cut.First : cut.Second;
        }

        return new ParcelHit(_parcels[~at], distance, divide, wayDistance, way);
    }

    /// <summary>Metres to the nearest way along the block's border, that way, and the coordinate along it.</summary>
    public (double Distance, WayKind Way, double Along) Border(in PlanPoint p)
    {
        double sx = Math.Sqrt((p.Xu * p.Xu) + (p.Xv * p.Xv)), sy = Math.Sqrt((p.Yu * p.Yu) + (p.Yv * p.Yv));
        double best = double.MaxValue, along = 0;
        WayKind way = WayKind.None;
        // The wider way wins where two meet: its surface runs through.
        Consider((p.Y - Top) / sy, WayTop, p.X);
        Consider((Bottom - p.Y) / sy, WayBottom, p.X);
        Consider((p.X - Left) / sx, WayLeft, p.Y);
        Consider((Right - p.X) / sx, WayRight, p.Y);
        return (best, way, along);

        void Consider(double distance, WayKind kind, double position)
        {
            if (kind != WayKind.None && distance - ((int)kind * 1.1) < best - ((int)way * 1.1))
                (best, way, along) = (distance, kind, position);
        }
    }

    private int Split((double X, double Y)[] corners, double target, int depth, ref ToyDice dice)
    {
        double x0 = corners.Min(c => c.X), x1 = corners.Max(c => c.X), y0 = corners.Min(c => c.Y), y1 = corners.Max(c => c.Y);
        double width = x1 - x0, height = y1 - y0, longer = Math.Max(width, height);
        double limit = target * (Kind == BlockKind.Village ? 1.25 : dice.Between(1.0, 1.7));
        if (longer < limit || depth > 7)
            return AddParcel(corners, width > height, ref dice);

        double skew = dice.Between(-0.12, 0.12), share = depth == 0 ? dice.Between(0.42, 0.58) : dice.Between(0.36, 0.64);
        double nx = width > height ? 1 : skew, ny = width > height ? skew : 1, length = Math.Sqrt((nx * nx) + (ny * ny));
        (nx, ny) = (nx / length, ny / length);
        double px = width > height ? x0 + (share * width) : (x0 + x1) / 2, py = width > height ? (y0 + y1) / 2 : y0 + (share * height);
        double offset = (px * nx) + (py * ny);
        Divide divide = Kind switch
        {
            BlockKind.Village => depth < 2 ? Divide.Lane : dice.Pick<Divide>([Divide.Hedge, Divide.Hedge, Divide.Nothing, Divide.GrassStrip]),
            BlockKind.Activity => depth < 1 ? Divide.Lane : Divide.GrassStrip,
            BlockKind.Meadow => depth == 0 ? Divide.Track : dice.Chance(0.75) ? Divide.Hedge : Divide.GrassStrip,
            BlockKind.Deciduous or BlockKind.Coniferous => depth == 0 ? Divide.Track : Divide.Nothing,
            BlockKind.Vineyard => dice.Pick<Divide>([Divide.Track, Divide.GrassStrip, Divide.GrassStrip, Divide.Hedge]),
            _ => dice.Pick<Divide>([Divide.GrassStrip, Divide.GrassStrip, Divide.Hedge, Divide.Nothing, Divide.Track]),
        };
        int index = _cuts.Count;
        _cuts.Add(default);
        int first = Split(Clip(corners, nx, ny, offset, -1), target, depth + 1, ref dice);
        int second = Split(Clip(corners, nx, ny, offset, 1), target, depth + 1, ref dice);
        _cuts[index] = new Cut(nx, ny, offset, first, second, divide);
        return index;
    }

    private int AddParcel((double X, double Y)[] corners, bool wide, ref ToyDice dice)
    {
        double lean = dice.Between(-0.06, 0.06), length = Math.Sqrt(1 + (lean * lean));
        _parcels.Add(new Parcel(corners)
        {
            Cover = Cover.Meadow,
            Salt = ToyHash.Mix(_salt, _parcels.Count, 9),
            Along = wide ? (1 / length, lean / length) : (lean / length, 1 / length),
        });
        return ~(_parcels.Count - 1);
    }

    /// <summary>The part of a convex polygon on one side of a line (Sutherland and Hodgman, 1974).</summary>
    private static (double X, double Y)[] Clip((double X, double Y)[] corners, double nx, double ny, double offset, int side)
    {
        var kept = new List<(double X, double Y)>(corners.Length + 1);
        for (int k = 0; k < corners.Length; k++)
        {
            (double X, double Y) a = corners[k], b = corners[(k + 1) % corners.Length];
            double da = side * ((a.X * nx) + (a.Y * ny) - offset), db = side * ((b.X * nx) + (b.Y * ny) - offset);
            if (da >= 0)
                kept.Add(a);
            if ((da >= 0) != (db >= 0))
                kept.Add((a.X + ((b.X - a.X) * da / (da - db)), a.Y + ((b.Y - a.Y) * da / (da - db))));
        }

        return [.. kept];
    }
}
