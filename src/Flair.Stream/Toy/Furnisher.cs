using System.Numerics;

namespace Flair.Toy;

/// <summary>Builds on a block: houses with their drives, gardens and pools, halls, greenhouses, parked cars; then plants it.</summary>
internal sealed class Furnisher
{
    private static readonly Vector4[] TileRoofs =
    [
        new(196, 134, 102, 150), new(206, 152, 118, 158), new(182, 118, 92, 142), new(168, 126, 104, 136), new(202, 164, 138, 160),
    ];

    private static readonly Vector4[] SheetRoofs = [new(206, 208, 208, 188), new(168, 170, 170, 150), new(140, 148, 152, 128), new(186, 178, 168, 160)];

    private static readonly Vector4[] CarPaints =
    [
        new(232, 232, 232, 205), new(232, 232, 232, 205), new(165, 168, 172, 150), new(60, 62, 66, 60), new(96, 100, 106, 85), new(150, 40, 38, 120), new(52, 78, 128, 80),
    ];

    private readonly ToyWorld _world;
    private readonly BlockPlan _block;
    private readonly List<Decal> _decals = [];
    private readonly List<Body> _bodies = [];

    private Furnisher(ToyWorld world, BlockPlan block)
    {
        _world = world;
        _block = block;
    }

    /// <summary>What lies and stands on a block whose parcels have their covers.</summary>
    public static Furniture Furnish(ToyWorld world, BlockPlan block, ref ToyDice dice)
    {
        var furnisher = new Furnisher(world, block);
        foreach (Parcel parcel in block.Parcels)
            furnisher.Build(parcel, ref dice);
        Planter.Plant(world, block, furnisher._decals, furnisher._bodies);
        return new Furniture(furnisher._decals, furnisher._bodies);
    }

    private void Build(Parcel parcel, ref ToyDice dice)
    {
        switch (parcel.Cover)
        {
            case Cover.Lawn:
                HouseLot(parcel, ref dice);
                break;
            case Cover.Yard:
                Hall(parcel, 0, dice.Between(9, 13), dice.Between(5.5, 7), ref dice);
                Hall(parcel, 18, dice.Between(5, 8), dice.Between(4, 5.5), ref dice);
                break;
            case Cover.CarPark:
                Hall(parcel, -12, dice.Between(11, 17), dice.Between(9, 12), ref dice);
                Cars(parcel, ref dice);
                break;
            case Cover.GreenhouseYard:
                Tunnels(parcel, ref dice);
                break;
            case Cover.Allotment:
                Hall(parcel, dice.Between(-6, 6), dice.Between(1.6, 2.4), dice.Between(1.4, 1.9), ref dice);
                break;
        }
    }

    private void HouseLot(Parcel parcel, ref ToyDice dice)
    {
        (double mx, double my) = parcel.Middle;
        for (int attempt = 0; attempt < 8; attempt++)
        {
            double shrink = 1 - (0.05 * attempt);
            Footprint frame = Frame(parcel, mx + dice.Between(-4, 4), my + dice.Between(-4, 4), dice.Between(-0.05, 0.05) + (dice.Chance(0.5) ? 0 : Math.PI / 2));
            Footprint house = frame with { HalfLength = dice.Between(5.8, 8.6) * shrink, HalfWidth = dice.Between(3.9, 5.0) * shrink };
            if (!Inside(parcel, house, 3.2))
                continue;
            Vector4 roof = dice.Pick<Vector4>(TileRoofs);
            if (dice.Chance(0.12))
                roof = new Vector4(104, 106, 114, 96);
            double eave = dice.Chance(0.35) ? dice.Between(5.2, 6) : dice.Between(2.8, 3.4);
            BodyShape shape = dice.Chance(0.3) ? BodyShape.Hip : BodyShape.Gable;
            Add(shape, house, eave, eave + (house.HalfWidth * 0.5), roof, ToyClass.Building, parcel.Salt + 1);
            if (dice.Chance(0.45))
                Wing(parcel, house, eave, roof, ref dice);
            Drive(parcel, house, ref dice);
            Terrace(parcel, house, ref dice);
            if (dice.Chance(0.7))
                Pool(parcel, house, ref dice);
            if (dice.Chance(0.4))
                Shed(parcel, house, ref dice);
            return;
        }
    }

    private void Wing(Parcel parcel, Footprint house, double eave, Vector4 roof, ref ToyDice dice)
    {
        double half = house.HalfWidth * dice.Between(0.6, 0.8), reach = dice.Between(3, 5), side = dice.Chance(0.5) ? 1 : -1;
        double along = (house.HalfLength - half) * (dice.Chance(0.5) ? 1 : -1);
        (double u, double v) = house.Place(along, side * (house.HalfWidth + reach - half) / 1.2);
        var wing = new Footprint(u, v, -house.Sin, house.Cos, reach + 2, half);
        if (Inside(parcel, wing, 2.5))
            Add(BodyShape.Gable, wing, eave - 0.1, eave - 0.1 + (half * 0.5), roof, ToyClass.Building, parcel.Salt + 2);
    }

    private void Drive(Parcel parcel, Footprint house, ref ToyDice dice)
    {
        double best = 40, bestCos = 0, bestSin = 0;
        for (int k = 0; k < 4; k++)
        {
            (double cos, double sin) = k switch { 0 => (house.Cos, house.Sin), 1 => (-house.Sin, house.Cos), 2 => (-house.Cos, -house.Sin), _ => (house.Sin, -house.Cos) };
            for (double d = 4; d < best; d += 0.5)
            {
                PlanPoint p = _world.ToPlan(house.U + (d * cos), house.V + (d * sin));
                (double distance, WayKind way, _) = _block.Border(p);
                ParcelHit hit = _block.Find(p.X, p.Y);
                if ((way >= WayKind.Lane && distance < 2) || (hit.DivideWay == Divide.Lane && hit.DivideDistance < 1.5))
                {
                    (best, bestCos, bestSin) = (d, cos, sin);
                    break;
                }

                if (p.X < _block.Left || p.X > _block.Right || p.Y < _block.Top || p.Y > _block.Bottom)
                    break;
            }
        }

        if (best >= 40)
            return;
        double aside = dice.Between(-2, 2);
        double middleU = house.U + (best / 2 * bestCos) - (aside * bestSin), middleV = house.V + (best / 2 * bestSin) + (aside * bestCos);
        var drive = new Footprint(middleU, middleV, bestCos, bestSin, best / 2, dice.Between(1.5, 2.4));
        Surface surface = dice.Pick<Surface>([Surface.Gravel, Surface.Gravel, Surface.Asphalt, Surface.Paving]);
        _decals.Add(new Decal(drive, surface, parcel.Salt + 3));
        double spot = Math.Max(house.HalfLength, house.HalfWidth) + 3.2;
        if (best > spot + 4 && dice.Chance(0.6))
        {
            (double u, double v) = drive.Place(spot - (best / 2), 0);
            AddCar(new Footprint(u, v, bestCos, bestSin, 2.1, 0.88), parcel.Salt + 4, ref dice);
        }
    }

    private void Terrace(Parcel parcel, Footprint house, ref ToyDice dice)
    {
        double side = dice.Chance(0.5) ? 1 : -1, deep = dice.Between(1.2, 2.2), half = dice.Between(2, 4);
        (double u, double v) = house.Place(dice.Between(-2, 2), side * (house.HalfWidth + deep));
        var terrace = new Footprint(u, v, house.Cos, house.Sin, half, deep);
        if (dice.Chance(0.75) && Inside(parcel, terrace, 1))
            _decals.Add(new Decal(terrace, dice.Chance(0.6) ? Surface.Paving : Surface.Gravel, parcel.Salt + 11));
    }

    private void Pool(Parcel parcel, Footprint house, ref ToyDice dice)
    {
        for (int attempt = 0; attempt < 24; attempt++)
        {
            double side = dice.Chance(0.5) ? 1 : -1;
            (double u, double v) = house.Place(dice.Between(-9, 9), side * (house.HalfWidth + dice.Between(3.5, 9)));
            var pool = new Footprint(u, v, house.Cos, house.Sin, dice.Between(3.2, 4.8), dice.Between(1.7, 2.3));
            Footprint terrace = pool with { HalfLength = pool.HalfLength + 1.2, HalfWidth = pool.HalfWidth + 1.2 };
            if (!Inside(parcel, terrace, 1) || _bodies.Exists(b => b.Area.Distance(u, v) < terrace.HalfLength) || _decals.Exists(d => d.Area.Distance(u, v) < terrace.HalfWidth))
                continue;
            _decals.Add(new Decal(terrace, Surface.Paving, parcel.Salt + 5));
            _decals.Add(new Decal(pool, Surface.PoolWater, parcel.Salt + 6));
            return;
        }
    }

    private void Shed(Parcel parcel, Footprint house, ref ToyDice dice)
    {
        for (int attempt = 0; attempt < 8; attempt++)
        {
            (double u, double v) = house.Place(dice.Between(-12, 12), dice.Between(-12, 12));
            var shed = new Footprint(u, v, house.Cos, house.Sin, dice.Between(1.6, 3), dice.Between(1.3, 2));
            if (!Inside(parcel, shed, 1.2) || _bodies.Exists(b => b.Area.Distance(u, v) < shed.Reach + 1.5) || _decals.Exists(d => d.Area.Distance(u, v) < shed.Reach + 0.5))
                continue;
            Add(BodyShape.Gable, shed, 2.1, 2.7, dice.Chance(0.5) ? dice.Pick<Vector4>(SheetRoofs) : dice.Pick<Vector4>(TileRoofs), ToyClass.Building, parcel.Salt + 7);
            return;
        }
    }

    private void Hall(Parcel parcel, double offset, double halfLength, double halfWidth, ref ToyDice dice)
    {
        (double mx, double my) = parcel.Middle;
        Footprint frame = Frame(parcel, mx + (offset * parcel.Along.X), my + (offset * parcel.Along.Y), 0);
        for (double size = 1; size > 0.5; size -= 0.1)
        {
            Footprint hall = frame with { HalfLength = halfLength * size, HalfWidth = halfWidth * size };
            if (!Inside(parcel, hall, 2.5))
                continue;
            bool shed = halfLength < 4;
            double eave = shed ? 2.2 : dice.Between(5, 6.5);
            BodyShape shape = halfWidth > 8.5 ? BodyShape.FlatRoof : BodyShape.Gable;
            Add(shape, hall, eave, eave + (shape == BodyShape.FlatRoof ? 0.5 : hall.HalfWidth * 0.3), dice.Pick<Vector4>(SheetRoofs), ToyClass.Building, parcel.Salt + 8 + (uint)(int)offset);
            return;
        }
    }

    private void Cars(Parcel parcel, ref ToyDice dice)
    {
        (double mx, double my) = parcel.Middle;
        for (int row = -4; row <= 4; row++)
        {
            for (int bay = -18; bay <= 18; bay++)
            {
                foreach (double across in CarPark.BayRows)
                {
                    bool taken = dice.Chance(0.42);
                    double a = (bay + 0.5) * CarPark.BayWidth, b = (row * CarPark.RowPitch) + across + dice.Between(-0.3, 0.3);
                    double x = mx + (a * parcel.Along.X) - (b * parcel.Along.Y), y = my + (a * parcel.Along.Y) + (b * parcel.Along.X);
                    if (!taken)
                        continue;
                    Footprint car = Frame(parcel, x, y, Math.PI / 2) with { HalfLength = dice.Between(1.95, 2.3), HalfWidth = 0.88 };
                    if (Inside(parcel, car, 2) && !_bodies.Exists(o => o.Shape != BodyShape.Car && o.Area.Distance(car.U, car.V) < 3))
                        AddCar(car, parcel.Salt + 9, ref dice);
                }
            }
        }
    }

    private void Tunnels(Parcel parcel, ref ToyDice dice)
    {
        (double mx, double my) = parcel.Middle;
        double half = dice.Between(3.4, 4.4), pitch = (2 * half) + dice.Between(0.8, 2.4);
        for (int row = -5; row <= 5; row++)
        {
            // The longest stretch of this row that keeps clear of the parcel's sides.
            double low = 0, high = 0, start = double.NaN;
            for (double a = -60; a <= 60; a += 1)
            {
                double b = row * pitch;
                double x = mx + (a * parcel.Along.X) - (b * parcel.Along.Y), y = my + (a * parcel.Along.Y) + (b * parcel.Along.X);
                bool clear = parcel.Depth(x, y) > half + 2.5;
                if (clear)
                {
                    (double u, double v) = _world.ToGround(x, y);
                    clear = _world.RiverDistance(u, v) > half + 6;
                }

                if (clear && double.IsNaN(start))
                    start = a;
                if (clear && a - start > high - low)
                    (low, high) = (start, a);
                if (!clear)
                    start = double.NaN;
            }

            if (high - low < 10 || dice.Chance(0.1))
                continue;
            double middle = (low + high) / 2, across = row * pitch;
            Footprint frame = Frame(parcel, mx + (middle * parcel.Along.X) - (across * parcel.Along.Y), my + (middle * parcel.Along.Y) + (across * parcel.Along.X), 0);
            Footprint tunnel = frame with { HalfLength = (high - low) / 2, HalfWidth = half };
            if (!OnWay(tunnel, 1))
                Add(BodyShape.Tunnel, tunnel, 1.2, 3.6, new Vector4(205, 213, 214, 190), ToyClass.Greenhouse, parcel.Salt + 10);
        }
    }

    private void AddCar(Footprint place, uint salt, ref ToyDice dice) =>
        Add(BodyShape.Car, place, 0.9, 1.5, dice.Pick<Vector4>(CarPaints), ToyClass.Impervious, salt);

    private void Add(BodyShape shape, Footprint area, double low, double high, Vector4 tint, byte label, uint salt) =>
        _bodies.Add(new Body(shape, area, (float)low, (float)high, tint, label, ToyHash.Mix(salt, _bodies.Count, 5)));

    // A frame at a place of the plan, turned from the parcel's rows by an angle; without size as yet.
    private Footprint Frame(Parcel parcel, double x, double y, double angle)
    {
        double cos = Math.Cos(angle), sin = Math.Sin(angle);
        double ax = (parcel.Along.X * cos) - (parcel.Along.Y * sin), ay = (parcel.Along.X * sin) + (parcel.Along.Y * cos);
        (double u0, double v0) = _world.ToGround(x - ax, y - ay);
        (double u1, double v1) = _world.ToGround(x + ax, y + ay);
        double length = Math.Sqrt(((u1 - u0) * (u1 - u0)) + ((v1 - v0) * (v1 - v0)));
        (double u, double v) = _world.ToGround(x, y);
        return new Footprint(u, v, (u1 - u0) / length, (v1 - v0) / length, 0, 0);
    }

    private bool Inside(Parcel parcel, Footprint area, double margin)
    {
        for (int k = 0; k < 4; k++)
        {
            (double u, double v) = area.Place(k < 2 ? area.HalfLength : -area.HalfLength, k % 2 == 0 ? area.HalfWidth : -area.HalfWidth);
            PlanPoint p = _world.ToPlan(u, v);
            if (parcel.Depth(p.X, p.Y) < margin || _world.RiverDistance(u, v) < 5)
                return false;
        }

        return !OnWay(area, margin - 1);
    }

    private bool OnWay(Footprint area, double margin)
    {
        for (int k = 0; k < 4; k++)
        {
            (double u, double v) = area.Place(k < 2 ? area.HalfLength : -area.HalfLength, k % 2 == 0 ? area.HalfWidth : -area.HalfWidth);
            PlanPoint p = _world.ToPlan(u, v);
            (double distance, WayKind way, _) = _block.Border(p);
            if (distance < margin + Ways.HalfWidth(way) + 1)
                return true;
        }

        return false;
    }
}

/// <summary>The marked bays of a car park, in metres along and across its parcel's rows.</summary>
internal static class CarPark
{
    public const double BayWidth = 2.5;

    public const double RowPitch = 16;

    /// <summary>Where the middles of the two rows of bays lie in each pitch; the aisle is between them.</summary>
    public static readonly double[] BayRows = [2.5, 13.5];
}

/// <summary>How wide the ways are.</summary>
internal static class Ways
{
    /// <summary>Half the surfaced width, metres.</summary>
    public static double HalfWidth(WayKind way) => way switch { WayKind.Road => 3.1, WayKind.Lane => 2.2, WayKind.Track => 1.5, _ => 0 };
}
