using System.Numerics;

namespace Flair.Toy;

/// <summary>Plants a block: woods crown by crown, hedgerow and river trees, orchards, garden shrubs.</summary>
internal static class Planter
{
    private const double Pitch = 4.5;

    public static void Plant(ToyWorld world, BlockPlan block, List<Decal> decals, List<Body> bodies)
    {
        int built = bodies.Count;
        foreach (Parcel parcel in block.Parcels)
        {
            if (parcel.Cover is Cover.Orchard or Cover.Plantation)
                PlantRows(world, block, parcel, bodies);
        }

        uint salt = world.Salt(61);
        double bend = ToyWorld.MaxBend;
        int c0 = (int)Math.Floor((block.Left - bend) / Pitch), c1 = (int)Math.Ceiling((block.Right + bend) / Pitch);
        int r0 = (int)Math.Floor((block.Top - bend) / Pitch), r1 = (int)Math.Ceiling((block.Bottom + bend) / Pitch);
        for (int row = r0; row <= r1; row++)
        {
            for (int column = c0; column <= c1; column++)
            {
                var dice = new ToyDice(ToyHash.Mix(salt, column, row));
                double u = (column + dice.Between(0.05, 0.95)) * Pitch, v = (row + dice.Between(0.05, 0.95)) * Pitch;
                PlanPoint p = world.ToPlan(u, v);
                if (p.X < block.Left || p.X >= block.Right || p.Y < block.Top || p.Y >= block.Bottom)
                    continue;
                if (Choose(world, block, p, u, v, ref dice) is not { } crown)
                    continue;
                double clear = crown.Area.HalfLength * 0.7;
                bool blocked = false;
                for (int k = 0; k < built && !blocked; k++)
                    blocked = bodies[k].Area.Distance(u, v) < clear;
                foreach (Decal decal in decals)
                    blocked |= decal.Area.Distance(u, v) < clear;
                if (!blocked)
                    bodies.Add(crown);
            }
        }
    }

    private static Body? Choose(ToyWorld world, BlockPlan block, in PlanPoint p, double u, double v, ref ToyDice dice)
    {
        double water = world.RiverDistance(u, v);
        if (water < 0.8)
            return null;
        ParcelHit hit = block.Find(p.X, p.Y);
        (double borderDistance, WayKind way, _) = block.Border(p);
        double clearance = Math.Min(borderDistance - Ways.HalfWidth(way), hit.DivideDistance - 2);
        if (clearance < 1.2)
            return null;
        double roll = dice.Roll();
        Parcel parcel = hit.Parcel;
        if (water < 6)
            return roll < 0.32 ? Broadleaf(u, v, dice.Between(2, 4.2), dice.Between(6, 13), parcel, ref dice) : roll < 0.6 ? Shrub(u, v, ref dice) : null;
        if (hit.Divide == Divide.Hedge && hit.Distance < 1.5 && roll < 0.3)
            return Broadleaf(u, v, dice.Between(1.8, 3.4), dice.Between(5, 11), parcel, ref dice);
        switch (parcel.Cover)
        {
            case Cover.Deciduous when clearance > 2.5 && roll < 0.97:
                return Broadleaf(u, v, dice.Between(2.3, 4.6), dice.Between(11, 19), parcel, ref dice);
            case Cover.Coniferous when clearance > 2.5 && roll < 0.96:
                return Conifer(u, v, dice.Between(1.9, 2.9), dice.Between(12, 19), ToyClass.Coniferous, ref dice);
            case Cover.Fallow when roll < 0.38:
                return Shrub(u, v, ref dice);
            case Cover.ClearCut when roll < 0.01:
                return Broadleaf(u, v, dice.Between(1.5, 2.5), dice.Between(8, 14), parcel, ref dice);
            case Cover.Pond when InPond(parcel, p):
                return null;
            case Cover.Meadow or Cover.Pond when roll < 0.012:
                return Broadleaf(u, v, dice.Between(3, 5.5), dice.Between(8, 15), parcel, ref dice);
            case Cover.Pond when roll < 0.05:
                return Shrub(u, v, ref dice);
            case Cover.Lawn when roll < 0.13:
                return dice.Chance(0.2)
                    ? Conifer(u, v, dice.Between(1.4, 2.6), dice.Between(6, 13), ToyClass.Coniferous, ref dice)
                    : Broadleaf(u, v, dice.Between(1.3, 3.3), dice.Between(4, 9), parcel, ref dice);
            case Cover.Lawn when roll < 0.24:
                return Shrub(u, v, ref dice);
            case Cover.CarPark or Cover.Yard when roll < 0.05:
                return Broadleaf(u, v, dice.Between(1.3, 2.4), dice.Between(4, 7), parcel, ref dice);
            default:
                return null;
        }
    }

    private static bool InPond(Parcel parcel, in PlanPoint p)
    {
        (double mx, double my) = parcel.Middle;
        double dx = p.X - mx, dy = p.Y - my, radius = (1.3 * parcel.PondRadius) + 1;
        return (dx * dx) + (dy * dy) < radius * radius;
    }

    private static void PlantRows(ToyWorld world, BlockPlan block, Parcel parcel, List<Body> bodies)
    {
        (double mx, double my) = parcel.Middle;
        bool orchard = parcel.Cover == Cover.Orchard;
        double along = orchard ? 4.2 : 3.6, across = orchard ? 5.2 : 5.6;
        for (int row = -30; row <= 30; row++)
        {
            for (int place = -36; place <= 36; place++)
            {
                var dice = new ToyDice(ToyHash.Mix(parcel.Salt, place, row));
                double a = (place * along) + dice.Between(-0.2, 0.2), b = (row * across) + dice.Between(-0.2, 0.2);
                double x = mx + (a * parcel.Along.X) - (b * parcel.Along.Y), y = my + (a * parcel.Along.Y) + (b * parcel.Along.X);
                if (parcel.Depth(x, y) < 4 || dice.Chance(0.06))
                    continue;
                (double u, double v) = world.ToGround(x, y);
                if (block.Border(world.ToPlan(u, v)).Distance < 7 || world.RiverDistance(u, v) < 6)
                    continue;
                bodies.Add(orchard
                    ? Crown(BodyShape.Broadleaf, u, v, dice.Between(1.3, 1.8), dice.Between(3, 4.2), new Vector4(88, 112, 66, 168), ToyClass.Deciduous, ref dice)
                    : Crown(BodyShape.Broadleaf, u, v, dice.Between(1.1, 1.6), dice.Between(4.5, 6.5), new Vector4(96, 122, 74, 176), ToyClass.Ligneous, ref dice));
            }
        }
    }

    private static Body Broadleaf(double u, double v, double radius, double height, Parcel parcel, ref ToyDice dice)
    {
        // Neighbours in a wood share its character; each tree adds its own.
        float stand = parcel.Draw(71) - 0.5f, own = (float)dice.Between(-0.5, 0.5);
        var tint = new Vector4(78 + (14 * stand) + (28 * own), 95 + (10 * stand) + (24 * own), 63 + (14 * own), 172 + (16 * stand) + (44 * (float)dice.Between(-0.5, 0.5)));
        return Crown(BodyShape.Broadleaf, u, v, radius, Math.Max(height, radius * 1.6), tint, ToyClass.Deciduous, ref dice);
    }

    private static Body Conifer(double u, double v, double radius, double height, byte label, ref ToyDice dice)
    {
        float own = (float)dice.Between(-0.5, 0.5);
        var tint = new Vector4(60 + (16 * own), 77 + (16 * own), 60 + (10 * own), 118 + (24 * own));
        return Crown(BodyShape.Conifer, u, v, radius, height, tint, label, ref dice);
    }

    private static Body Shrub(double u, double v, ref ToyDice dice)
    {
        float own = (float)dice.Between(-0.5, 0.5);
        var tint = new Vector4(92 + (30 * own), 101 + (22 * own), 69 + (14 * own), 150 + (24 * own));
        return Crown(BodyShape.Shrub, u, v, dice.Between(0.7, 1.9), dice.Between(1, 2.8), tint, ToyClass.Brushwood, ref dice);
    }

    private static Body Crown(BodyShape shape, double u, double v, double radius, double height, Vector4 tint, byte label, ref ToyDice dice) =>
        new(shape, new Footprint(u, v, 1, 0, radius, radius), 0, (float)height, tint, label, (uint)(dice.Roll() * 16777216));
}
