namespace Flair.Toy;

/// <summary>Gives each parcel of a block its cover.</summary>
internal static class CoverDealer
{
    public static void Deal(ToyWorld world, BlockPlan block, ref ToyDice dice)
    {
        // Dealt in turn to the parcels in falling order of size, so that the first ones are on every block of the kind.
        ReadOnlySpan<Cover> deck = block.Kind switch
        {
            BlockKind.Village => [Cover.Lawn],
            BlockKind.Activity => [Cover.CarPark, Cover.GreenhouseYard, Cover.BareSoil, Cover.Meadow, Cover.Allotment, Cover.Yard],
            BlockKind.Mixed => [Cover.Plowed, Cover.Vineyard, Cover.GreenhouseYard, Cover.Orchard, Cover.Maize, Cover.Pond, Cover.Fallow, Cover.BareSoil, Cover.Mown, Cover.Plantation],
            BlockKind.Vineyard => [Cover.Vineyard, Cover.Vineyard, Cover.Vineyard, Cover.Plowed, Cover.Vineyard, Cover.Meadow, Cover.Vineyard, Cover.Orchard],
            BlockKind.Meadow => [Cover.Meadow, Cover.Mown, Cover.Meadow, Cover.Fallow, Cover.Pond, Cover.Maize],
            BlockKind.Deciduous => [Cover.Deciduous, Cover.Deciduous, Cover.Fallow, Cover.Deciduous, Cover.Coniferous],
            BlockKind.Coniferous => [Cover.Coniferous, Cover.Coniferous, Cover.Coniferous, Cover.ClearCut, Cover.Deciduous],
            _ => [Cover.Wheat, Cover.Plowed, Cover.Maize, Cover.Barley, Cover.Mown, Cover.Stubble, Cover.Sunflower],
        };
        int[] order = [.. Enumerable.Range(0, block.Parcels.Count).OrderByDescending(k => (long)block.Parcels[k].Area).ThenBy(k => k)];
        int turn = block.Kind is BlockKind.Arable ? (int)(dice.Roll() * 3) : 0;
        foreach (int index in order)
        {
            Parcel parcel = block.Parcels[index];
            Cover cover = deck[turn++ % deck.Length];
            if (block.Kind == BlockKind.Village && dice.Chance(0.1))
                cover = dice.Pick<Cover>([Cover.Allotment, Cover.Meadow, Cover.Orchard]);
            parcel.Cover = Fit(world, parcel, cover);
            if (parcel.Cover == Cover.Pond)
                parcel.Level = PondLevel(world, parcel);
        }
    }

    private static double PondLevel(ToyWorld world, Parcel parcel)
    {
        (double x, double y) = parcel.Middle;
        (double u, double v) = world.ToGround(x, y);
        return world.Terrain(u, v, world.RiverDistance(u, v), world.River(ToyWorld.NearestRiver(v), u).Level) - 0.6;
    }

    // Nobody builds or tills where the river runs through the middle.
    private static Cover Fit(ToyWorld world, Parcel parcel, Cover cover)
    {
        (double x, double y) = parcel.Middle;
        (double u, double v) = world.ToGround(x, y);
        double water = world.RiverDistance(u, v);
        bool frail = cover is Cover.Lawn or Cover.CarPark or Cover.GreenhouseYard or Cover.Yard or Cover.Pond or Cover.BareSoil;
        return frail && water < 12 ? Cover.Meadow : cover;
    }
}
