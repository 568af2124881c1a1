using System.Numerics;

namespace Flair.Toy;

/// <summary>What a flat thing on the ground is made of.</summary>
internal enum Surface : byte
{
    Gravel,
    Asphalt,
    Paving,
    PoolWater,
}

/// <summary>A rectangle in the ground plane, turned by any angle.</summary>
/// <param name="U">East of its middle, metres.</param>
/// <param name="V">South of its middle, metres.</param>
/// <param name="Cos">East part of the unit vector along its length.</param>
/// <param name="Sin">South part of the unit vector along its length.</param>
/// <param name="HalfLength">Half its length, metres.</param>
/// <param name="HalfWidth">Half its width, metres.</param>
internal readonly record struct Footprint(double U, double V, double Cos, double Sin, double HalfLength, double HalfWidth)
{
    /// <summary>Radius of the circle around it.</summary>
    public double Reach => Math.Sqrt((HalfLength * HalfLength) + (HalfWidth * HalfWidth));

    /// <summary>Coordinates of a place along and across the rectangle, metres from its middle.</summary>
    public (double Along, double Across) Local(double u, double v) =>
        (((u - U) * Cos) + ((v - V) * Sin), ((v - V) * Cos) - ((u - U) * Sin));

    /// <summary>The place with these coordinates along and across.</summary>
    public (double U, double V) Place(double along, double across) =>
        (U + (along * Cos) - (across * Sin), V + (along * Sin) + (across * Cos));

    /// <summary>Metres to the rectangle; 0 inside.</summary>
    public double Distance(double u, double v)
    {
        (double a, double b) = Local(u, v);
        double da = Math.Max(0, Math.Abs(a) - HalfLength), db = Math.Max(0, Math.Abs(b) - HalfWidth);
        return Math.Sqrt((da * da) + (db * db));
    }
}

/// <summary>A flat thing on the ground.</summary>
internal readonly record struct Decal(Footprint Area, Surface Surface, uint Salt);

/// <summary>How a standing thing is shaped.</summary>
internal enum BodyShape : byte
{
    Gable,
    Hip,
    FlatRoof,
    Tunnel,
    Car,
    Broadleaf,
    Conifer,
    Shrub,
}

/// <summary>A thing that stands on the ground.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Area">Where it stands; a crown's radius is the half length.</param>
/// <param name="Low">Height of its eaves, metres; unused for crowns.</param>
/// <param name="High">Height of its top, metres.</param>
/// <param name="Tint">Its colour in the sun: red, green, blue, near infrared, 0 to 255.</param>
/// <param name="Label">Its class.</param>
/// <param name="Salt">What makes it unlike its neighbours.</param>
internal readonly record struct Body(BodyShape Shape, Footprint Area, float Low, float High, Vector4 Tint, byte Label, uint Salt)
{
    /// <summary>True for trees and shrubs.</summary>
    public bool IsCrown => Shape >= BodyShape.Broadleaf;
}

/// <summary>All that lies and stands on a block, in the order of drawing.</summary>
internal sealed record Furniture(IReadOnlyList<Decal> Decals, IReadOnlyList<Body> Bodies);
