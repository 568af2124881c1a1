using System.Numerics;

namespace Flair.Toy;

/// <summary>Draws roads, lanes, tracks and bridges.</summary>
internal static class WayPainter
{
    private static readonly Vector4 Asphalt = new(140, 138, 137, 116);
    private static readonly Vector4 OldAsphalt = new(158, 154, 149, 136);
    private static readonly Vector4 Paint0 = new(226, 226, 222, 195);

    /// <summary>The way at a distance from its middle; <paramref name="along"/> runs with it, in metres.</summary>
    public static Ground Paint(WayKind way, double distance, double along, in Spot spot)
    {
        double half = Ways.HalfWidth(way);
        float patch = ToyHash.Noise(0x51A, spot.U * 0.12, spot.V * 0.12), fine = (0.035f * spot.Grain) + (0.07f * spot.Speck);
        if (way == WayKind.Track)
        {
            // Two ruts with grass between them.
            double rut = Math.Abs(distance - 0.8) + (0.22 * spot.Grain);
            bool worn = rut < 0.48 || (distance < 1.4 && patch > 0.35f);
            Vector4 color = worn ? new Vector4(192, 176, 146, 166) : Vector4.Lerp(new Vector4(150, 146, 104, 160), new Vector4(122, 130, 82, 165), 0.5f + (0.4f * spot.Grain));
            return new Ground(color * (1 + (2 * fine) + (0.05f * patch)), ToyClass.Pervious, 0);
        }

        if (distance > half)
            return new Ground(new Vector4(172, 164, 146, 152) * (1 + (2 * fine)), ToyClass.Pervious, 0);
        Vector4 surface = Vector4.Lerp(way == WayKind.Road ? Asphalt : OldAsphalt, OldAsphalt, 0.3f + (0.3f * patch)) * (1 + fine);
        // Tyres polish two bands a lane.
        double lane = way == WayKind.Road ? Math.Abs(distance - 1.55) : Math.Abs(distance - 0.9);
        surface *= 1 + (0.035f * (float)Math.Cos(lane * 4.2));
        if (way == WayKind.Road)
        {
            double beat = along - (Math.Floor(along / 13) * 13);
            if ((distance < 0.11 && beat < 3) || Math.Abs(distance - 2.8) < 0.09)
                surface = Vector4.Lerp(surface, Paint0, 0.8f + (0.2f * spot.Grain));
        }

        return new Ground(surface, ToyClass.Impervious, 0);
    }

    /// <summary>The way carried over a river, its deck a little above the banks.</summary>
    public static Ground Bridge(WayKind way, double distance, double along, in Spot spot, double riverLevel)
    {
        double half = Ways.HalfWidth(way);
        float deck = Math.Max(0, (float)(riverLevel + 2.1) - spot.Terrain);
        if (distance < half)
            return Paint(way, distance, along, spot) with { Above = deck };
        return new Ground(new Vector4(186, 182, 172, 160) * (1 + (0.06f * spot.Speck)), ToyClass.Impervious, deck + 0.9f);
    }
}
