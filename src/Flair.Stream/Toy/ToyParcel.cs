namespace Flair.Toy;

/// <summary>What grows or lies on a parcel.</summary>
internal enum Cover : byte
{
    Wheat,
    Barley,
    Maize,
    Stubble,
    Sunflower,
    Plowed,
    Meadow,
    Mown,
    Vineyard,
    Orchard,
    Fallow,
    BareSoil,
    Lawn,
    Allotment,
    Yard,
    CarPark,
    GreenhouseYard,
    Deciduous,
    Coniferous,
    Plantation,
    ClearCut,
    Pond,
}

/// <summary>A parcel: a convex piece of a block, in plan coordinates.</summary>
internal sealed class Parcel((double X, double Y)[] corners)
{
    /// <summary>What is on it.</summary>
    public required Cover Cover { get; set; }

    /// <summary>The number that makes it unlike its neighbours.</summary>
    public required uint Salt { get; init; }

    /// <summary>Unit vector along its rows, in plan coordinates.</summary>
    public required (double X, double Y) Along { get; init; }

    /// <summary>Height of its pond's water, metres.</summary>
    public double Level { get; set; }

    /// <summary>Mean radius of its pond, metres; the shore wanders by a fifth of it.</summary>
    public double PondRadius { get; } = 0.3 * Math.Sqrt(AreaOf(corners));

    /// <summary>Middle of its corners.</summary>
    public (double X, double Y) Middle { get; } = (corners.Average(c => c.X), corners.Average(c => c.Y));

    /// <summary>Area in square metres of the plan.</summary>
    public double Area { get; } = AreaOf(corners);

    /// <summary>A draw in [0, 1) of this parcel for one use.</summary>
    public float Draw(int use) => ToyHash.Unit(Salt, use, 3);

    /// <summary>Metres from a place of the plan to this parcel's nearest side; negative outside.</summary>
    public double Depth(double x, double y)
    {
        double depth = double.MaxValue;
        (double mx, double my) = Middle;
        for (int k = 0; k < corners.Length; k++)
        {
            (double x0, double y0) = corners[k];
            (double x1, double y1) = corners[(k + 1) % corners.Length];
            double length = Math.Sqrt(((x1 - x0) * (x1 - x0)) + ((y1 - y0) * (y1 - y0)));
            if (length < 1e-6)
                continue;
            double nx = (y0 - y1) / length, ny = (x1 - x0) / length;
            double sign = ((mx - x0) * nx) + ((my - y0) * ny) > 0 ? 1 : -1;
            depth = Math.Min(depth, sign * (((x - x0) * nx) + ((y - y0) * ny)));
        }

        return depth;
    }

    // The shoelace formula.
    private static double AreaOf((double X, double Y)[] corners)
    {
        double twice = 0;
        for (int k = 0; k < corners.Length; k++)
        {
            (double x0, double y0) = corners[k];
            (double x1, double y1) = corners[(k + 1) % corners.Length];
            twice += (x0 * y1) - (x1 * y0);
        }

        return Math.Abs(twice) / 2;
    }
}

/// <summary>What divides two parcels.</summary>
internal enum Divide : byte
{
    Nothing,
    GrassStrip,
    Hedge,
    Track,
    Lane,
}

/// <summary>A cut of a block in two by a line; the parcels are the leaves of a tree of cuts.</summary>
/// <param name="Nx">x of the unit normal.</param>
/// <param name="Ny">y of the unit normal.</param>
/// <param name="Offset">A place is on the first side when its product with the normal is below this.</param>
/// <param name="First">The cut (or, complemented, the parcel) on the first side.</param>
/// <param name="Second">The cut or parcel on the other side.</param>
/// <param name="Divide">What runs along it.</param>
internal readonly record struct Cut(double Nx, double Ny, double Offset, int First, int Second, Divide Divide);

/// <summary>The parcel at a place, and the nearest thing that divides it from another.</summary>
/// <param name="Parcel">The parcel.</param>
/// <param name="Distance">Metres to its nearest side.</param>
/// <param name="Divide">What runs along that side.</param>
/// <param name="DivideDistance">Metres to the nearest lane or track inside the block.</param>
/// <param name="DivideWay">What way that is.</param>
internal readonly record struct ParcelHit(Parcel Parcel, double Distance, Divide Divide, double DivideDistance, Divide DivideWay);
