namespace Flair.Toy;

/// <summary>What runs along the border of a block.</summary>
internal enum WayKind
{
    None,
    Track,
    Lane,
    Road,
}

/// <summary>The theme of a block of parcels.</summary>
internal enum BlockKind
{
    Village,
    Activity,
    Mixed,
    Arable,
    Vineyard,
    Meadow,
    Deciduous,
    Coniferous,
}

/// <summary>A place in the plan: coordinates x, y (metres) and their derivatives along east (u) and south (v).</summary>
internal readonly record struct PlanPoint(double X, double Y, double Xu, double Xv, double Yu, double Yv);

/// <summary>
/// The lie of the land: relief, rivers and the network of ways, each a pure function of the seed and a place. Places are metres east (u)
/// and south (v) of <see cref="OriginX"/>, <see cref="OriginY"/>. The <em>plan</em> is a wall of rectangular blocks between straight
/// lines; bending the plane (<see cref="ToPlan"/>) makes of it curved roads with fields that follow them.
/// </summary>
internal sealed class ToyWorld(int seed)
{
    /// <summary>Easting (Lambert-93, metres) of u = 0: the vineyards of Blaye, Gironde.</summary>
    public const int OriginX = 410_000;

    /// <summary>Northing (Lambert-93, metres) of v = 0.</summary>
    public const int OriginY = 6_425_000;

    /// <summary>Ground size of an ortho pixel in metres.</summary>
    public const double Pixel = 0.2;

    /// <summary>Farthest that bending moves a place, in metres, in either direction.</summary>
    public const double MaxBend = 26;

    private const double Spacing = 190, FirstLine = 80, RiverSpacing = 1400, RiverFirst = 236;

    private readonly uint _salt = ToyHash.Mix(0x0F1A12, seed, 0);

    /// <summary>A salt of its own for one use.</summary>
    public uint Salt(int use) => ToyHash.Mix(_salt, use, 1);

    /// <summary>Where a place of the ground lies in the plan.</summary>
    public PlanPoint ToPlan(double u, double v)
    {
        const double l1 = 150, l2 = 47, a1 = 22, a2 = 2.5;
        (double x1, double x1u, double x1v) = ToyHash.NoiseSlope(_salt + 11, u / l1, v / l1);
        (double x2, double x2u, double x2v) = ToyHash.NoiseSlope(_salt + 12, u / l2, v / l2);
        (double y1, double y1u, double y1v) = ToyHash.NoiseSlope(_salt + 13, u / l1, v / l1);
        (double y2, double y2u, double y2v) = ToyHash.NoiseSlope(_salt + 14, u / l2, v / l2);
        return new PlanPoint(
            u + (a1 * x1) + (a2 * x2),
            v + (a1 * y1) + (a2 * y2),
            1 + (a1 / l1 * x1u) + (a2 / l2 * x2u),
            (a1 / l1 * x1v) + (a2 / l2 * x2v),
            (a1 / l1 * y1u) + (a2 / l2 * y2u),
            1 + (a1 / l1 * y1v) + (a2 / l2 * y2v));
    }

    /// <summary>The place of the ground that lies at (x, y) in the plan, to well under a pixel.</summary>
    public (double U, double V) ToGround(double x, double y)
    {
        double u = x, v = y;
        for (int k = 0; k < 12; k++)
        {
            PlanPoint p = ToPlan(u, v);
            u += x - p.X;
            v += y - p.Y;
        }

        return (u, v);
    }

    /// <summary>y of the line above row j of blocks.</summary>
    public double LineY(int j) => FirstLine + (Spacing * j) + (j == 0 ? 0 : 44 * (ToyHash.Unit(_salt + 21, j, 0) - 0.5));

    /// <summary>x of the line left of block (i, j). Two in three lines break at every row, so that most crossings are T-junctions.</summary>
    public double LineX(int i, int j)
    {
        double common = 30 * (ToyHash.Unit(_salt + 22, i, 0) - 0.5);
        double own = i % 3 == 0 ? 0 : 60 * (ToyHash.Unit(_salt + 23, i, j) - 0.5);
        return FirstLine + (Spacing * i) + common + own;
    }

    /// <summary>The block that holds a place of the plan.</summary>
    public (int I, int J) BlockAt(double x, double y)
    {
        int j = (int)Math.Floor((y - FirstLine) / Spacing);
        while (y < LineY(j))
            j--;
        while (y >= LineY(j + 1))
            j++;
        int i = (int)Math.Floor((x - FirstLine) / Spacing);
        while (x < LineX(i, j))
            i--;
        while (x >= LineX(i + 1, j))
            i++;
        return (i, j);
    }

    /// <summary>What runs along the line above row j.</summary>
    public WayKind WayAbove(int j)
    {
        // Along a river there is but a path; roads cross it.
        double y = FirstLine + (Spacing * j);
        if (Math.Abs(y - RiverFirst - (RiverSpacing * NearestRiver(y))) < 0.5 * Spacing)
            return WayKind.Track;
        if (Modulo(j, 3) == 0)
            return WayKind.Road;
        float roll = ToyHash.Unit(_salt + 24, j, 0);
        return roll < 0.35f ? WayKind.Lane : roll < 0.85f ? WayKind.Track : WayKind.None;
    }

    /// <summary>What runs along the line left of block (i, j).</summary>
    public WayKind WayLeft(int i, int j)
    {
        if (Modulo(i, 3) == 0)
            return WayKind.Lane;
        float roll = ToyHash.Unit(_salt + 25, i, j);
        return roll < 0.3f ? WayKind.Lane : roll < 0.75f ? WayKind.Track : WayKind.None;
    }

    /// <summary>
    /// The theme of block (i, j). Three by three blocks share a deck, so that themes vary at a few hundred metres; the deck at the origin
    /// is dealt so that a scene of 400 m there shows every kind of land.
    /// </summary>
    public BlockKind KindOf(int i, int j)
    {
        int si = FloorDiv(i + 1, 3), sj = FloorDiv(j + 1, 3), place = Modulo(i + 1, 3) + (3 * Modulo(j + 1, 3));
        var dice = new ToyDice(ToyHash.Mix(_salt + 26, si, sj));
        if (si == 0 && sj == 0)
        {
            Span<BlockKind> near = [BlockKind.Activity, BlockKind.Mixed, BlockKind.Vineyard];
            Span<BlockKind> rim = [BlockKind.Arable, BlockKind.Arable, BlockKind.Deciduous, BlockKind.Coniferous, BlockKind.Meadow];
            dice.Shuffle(near);
            dice.Shuffle(rim);
            return place switch { 4 => BlockKind.Village, 5 => near[0], 7 => near[1], 8 => near[2], < 4 => rim[place], _ => rim[4] };
        }

        Span<BlockKind> deck = dice.Roll() switch
        {
            < 0.3 => [BlockKind.Arable, BlockKind.Arable, BlockKind.Arable, BlockKind.Arable, BlockKind.Meadow, BlockKind.Mixed, BlockKind.Deciduous, BlockKind.Vineyard, BlockKind.Village],
            < 0.6 => [BlockKind.Vineyard, BlockKind.Vineyard, BlockKind.Vineyard, BlockKind.Vineyard, BlockKind.Mixed, BlockKind.Deciduous, BlockKind.Meadow, BlockKind.Arable, BlockKind.Village],
            < 0.8 => [BlockKind.Coniferous, BlockKind.Coniferous, BlockKind.Coniferous, BlockKind.Deciduous, BlockKind.Deciduous, BlockKind.Meadow, BlockKind.Meadow, BlockKind.Arable, BlockKind.Mixed],
            _ => [BlockKind.Village, BlockKind.Village, BlockKind.Village, BlockKind.Activity, BlockKind.Meadow, BlockKind.Mixed, BlockKind.Arable, BlockKind.Deciduous, BlockKind.Vineyard],
        };
        dice.Shuffle(deck);
        return deck[place];
    }

    /// <summary>The river nearest to v. Rivers flow east, about 1.4 km apart.</summary>
    public static int NearestRiver(double v) => (int)Math.Round((v - RiverFirst) / RiverSpacing);

    /// <summary>A river's course at u: v of its middle line, how v changes along u, its half width and its water level (metres).</summary>
    public (double Centre, double Slope, double HalfWidth, double Level) River(int river, double u)
    {
        uint salt = ToyHash.Mix(_salt + 31, river, 0);
        (double n1, double s1, _) = ToyHash.NoiseSlope(salt, u / 85, 0.5);
        (double n2, double s2, _) = ToyHash.NoiseSlope(salt + 1, u / 31, 0.5);
        double centre = RiverFirst + (RiverSpacing * river) + (40 * n1) + (6 * n2);
        double halfWidth = 4.6 + (1.3 * ToyHash.Noise(salt + 2, u / 40, 0.5));
        double level = 41 + (3 * ToyHash.Noise(salt + 3, u / 2500, 0.5));
        return (centre, (40 * s1 / 85) + (6 * s2 / 31), halfWidth, level);
    }

    /// <summary>Metres from a place to the nearest river's water's edge; negative in the water.</summary>
    public double RiverDistance(double u, double v)
    {
        (double centre, double slope, double half, _) = River(NearestRiver(v), u);
        return RiverDistance(v, centre, slope, half);
    }

    /// <summary>As <see cref="RiverDistance(double, double)"/> with the river's course at hand. Its bends matter less the farther off.</summary>
    public static double RiverDistance(double v, double centre, double slope, double half)
    {
        double off = Math.Abs(v - centre), near = 1 + (off * off / 625);
        return (off / Math.Sqrt(1 + (slope * slope / near))) - half;
    }

    /// <summary>Terrain height in metres, given the metres to the water's edge and the water's level; a pond may still cut into it.</summary>
    public double Terrain(double u, double v, double riverDistance, double riverLevel)
    {
        double hill = 58 + (11 * ToyHash.Noise(_salt + 41, u / 260, v / 260)) + (1.8 * ToyHash.Noise(_salt + 42, u / 90, v / 90)) + (0.1 * ToyHash.Noise(_salt + 43, u / 22, v / 22));
        if (riverDistance <= 0)
            return riverLevel;
        // Its valley is straighter than the river.
        double axis = Math.Abs(v - RiverFirst - (RiverSpacing * NearestRiver(v))), far = Smooth(riverDistance / 110);
        double bank = Smooth(riverDistance / 3.5), valley = Smooth((riverDistance + (far * (axis - riverDistance))) / 150);
        return riverLevel + (1.4 * bank) + (valley * Math.Max(1, hill - riverLevel - 1.4));
    }

    /// <summary>Smooth step from 0 at t ≤ 0 to 1 at t ≥ 1.</summary>
    public static double Smooth(double t)
    {
        t = Math.Clamp(t, 0, 1);
        return t * t * (3 - (2 * t));
    }

    private static int Modulo(int a, int n) => ((a % n) + n) % n;

    private static int FloorDiv(int a, int n) => (a - Modulo(a, n)) / n;
}
