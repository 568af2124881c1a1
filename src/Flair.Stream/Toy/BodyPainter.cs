using System.Numerics;

namespace Flair.Toy;

/// <summary>Draws what lies on the ground and what stands on it; of two things at a place the higher is seen.</summary>
internal sealed class BodyPainter(ToyCanvas canvas, IReadOnlyList<Decal> decals, IReadOnlyList<Body> bodies)
{
    /// <summary>Draws rows [first, last).</summary>
    public void Paint(int first, int last)
    {
        foreach (Decal decal in decals)
            Each(decal.Area, first, last, (at, u, v) => Lay(decal, at, u, v));
        foreach (Body body in bodies)
        {
            if (body.IsCrown)
                Each(body.Area, first, last, (at, u, v) => Grow(body, at, u, v));
            else
                Each(body.Area, first, last, (at, u, v) => Stand(body, at, u, v));
        }
    }

    private void Each(in Footprint area, int first, int last, Action<int, double, double> draw)
    {
        double reach = area.Reach;
        int x0 = Math.Max(0, (int)Math.Floor((area.U - reach) / ToyWorld.Pixel) - canvas.X), x1 = Math.Min(canvas.Width - 1, (int)Math.Ceiling((area.U + reach) / ToyWorld.Pixel) - canvas.X);
        int y0 = Math.Max(first, (int)Math.Floor((area.V - reach) / ToyWorld.Pixel) - canvas.Y), y1 = Math.Min(last - 1, (int)Math.Ceiling((area.V + reach) / ToyWorld.Pixel) - canvas.Y);
        for (int row = y0; row <= y1; row++)
        {
            for (int column = x0; column <= x1; column++)
                draw((row * canvas.Width) + column, canvas.U(column), canvas.V(row));
        }
    }

    private void Lay(in Decal decal, int at, double u, double v)
    {
        (double a, double b) = decal.Area.Local(u, v);
        if (Math.Abs(a) > decal.Area.HalfLength || Math.Abs(b) > decal.Area.HalfWidth || canvas.Label[at] == ToyClass.Water)
            return;
        // A drive ends at the road that it leads to.
        if (canvas.Label[at] == ToyClass.Impervious && decal.Surface != Surface.PoolWater && canvas.Above[at] == 0)
            return;
        float grain = ToyHash.Noise(decal.Salt, u * 1.7, v * 1.7), speck = ToyHash.Unit(decal.Salt, (int)(u * 5), (int)(v * 5)) - 0.5f;
        (Vector4 color, byte label) = decal.Surface switch
        {
            Surface.Gravel => (new Vector4(194, 184, 162, 168), ToyClass.Pervious),
            Surface.Asphalt => (new Vector4(146, 143, 141, 122), ToyClass.Impervious),
            Surface.Paving => (new Vector4(206, 198, 184, 178), ToyClass.Impervious),
            _ => (Vector4.Lerp(new Vector4(96, 178, 196, 58), new Vector4(70, 150, 184, 44), (float)((a / decal.Area.HalfLength) + 1) / 2), ToyClass.Pool),
        };
        if (decal.Surface == Surface.PoolWater && Math.Max(Math.Abs(a) - decal.Area.HalfLength, Math.Abs(b) - decal.Area.HalfWidth) > -0.25)
            (color, label) = (new Vector4(222, 220, 212, 190), ToyClass.Impervious);
        canvas.Color[at] = color * (1 + (0.04f * grain) + (0.05f * speck));
        canvas.Label[at] = label;
        canvas.Above[at] = 0;
    }

    private void Stand(in Body body, int at, double u, double v)
    {
        (double a, double b) = body.Area.Local(u, v);
        double da = body.Area.HalfLength - Math.Abs(a), db = body.Area.HalfWidth - Math.Abs(b);
        if (da < 0 || db < 0)
            return;
        float low = body.Low, rise = body.High - body.Low;
        double pitch = body.Area.HalfWidth;
        float height = body.Shape switch
        {
            BodyShape.Gable => low + (float)(rise * db / pitch),
            BodyShape.Hip => low + (float)(rise * Math.Min(da, db) / pitch),
            BodyShape.FlatRoof => Math.Min(da, db) < 0.4 ? low + 0.5f : low,
            BodyShape.Tunnel => low + (float)(rise * Math.Sqrt(Math.Max(0, 1 - ((1 - (db / pitch)) * (1 - (db / pitch)))))),
            _ => da < 0.9 ? low : body.High,
        };
        Vector4 color = body.Tint;
        float grain = ToyHash.Noise(body.Salt, u * 1.3, v * 1.3), speck = ToyHash.Unit(body.Salt, (int)(u * 5), (int)(v * 5)) - 0.5f;
        switch (body.Shape)
        {
            case BodyShape.Gable or BodyShape.Hip:
                // Courses of tiles run down the slope; a few are newer or mossy.
                color *= 1 + (0.05f * (float)Math.Cos(a * 9)) + (0.06f * grain) + (0.1f * speck);
                if (db > pitch - 0.2)
                    color *= 1.06f;
                (color, height) = Chimney(body, a, b, color, height);
                break;
            case BodyShape.FlatRoof:
                color *= 1 + (0.03f * (float)Math.Cos(a * 5)) + (0.05f * grain) + (0.04f * speck);
                // Skylights and vents.
                if (Math.Abs(a - (Math.Round(a / 6) * 6)) < 0.6 && Math.Abs(Math.Abs(b) - (pitch / 2)) < 0.9 && da > 2)
                    (color, height) = (new Vector4(222, 228, 230, 200), height + 0.3f);
                break;
            case BodyShape.Tunnel:
                color *= (Math.Abs(a - (Math.Round(a / 2.5) * 2.5)) < 0.12 ? 1.08f : 0.97f) + (0.05f * grain) + (0.03f * speck);
                // The crop shows through the film.
                color = Vector4.Lerp(color, new Vector4(120, 142, 110, 190), 0.22f + (0.1f * (float)Math.Cos(b * 3.2)));
                break;
            case BodyShape.Car:
                // Dark glass before and behind the roof.
                if (da is > 0.9 and < 1.35)
                    color = new Vector4(56, 60, 66, 52);
                break;
        }

        // Of two wings the higher roof is seen, so that they meet in a valley.
        if (height <= canvas.Above[at])
            return;
        canvas.Above[at] = height;
        canvas.Color[at] = color;
        if (body.Shape != BodyShape.Car || canvas.Label[at] is not (ToyClass.Impervious or ToyClass.Pervious))
            canvas.Label[at] = body.Label;
    }

    private static (Vector4 Color, float Height) Chimney(in Body body, double a, double b, Vector4 color, float height)
    {
        if (body.Area.HalfLength is < 5 or > 8.8)
            return (color, height);
        double place = ((ToyHash.Unit(body.Salt, 1, 1) * 1.4) - 0.7) * body.Area.HalfLength, side = ((ToyHash.Unit(body.Salt, 2, 1) * 1.2) - 0.6) * body.Area.HalfWidth;
        if (Math.Abs(a - place) < 0.4 && Math.Abs(b - side) < 0.35)
            return (new Vector4(178, 150, 132, 140), body.High + 0.7f);
        double pane = ((ToyHash.Unit(body.Salt, 3, 1) * 1.4) - 0.7) * body.Area.HalfLength;
        if (Math.Abs(a - pane) < 0.4 && Math.Abs(b + (0.5 * body.Area.HalfWidth)) < 0.55)
            return (new Vector4(72, 80, 92, 70), height + 0.05f);
        return (color, height);
    }

    private void Grow(in Body body, int at, double u, double v)
    {
        double dx = u - body.Area.U, dy = v - body.Area.V, radius = body.Area.HalfLength;
        double away = Math.Sqrt((dx * dx) + (dy * dy)) / radius;
        if (away > 1.3)
            return;
        bool conifer = body.Shape == BodyShape.Conifer;
        double lumpSize = conifer ? 1.5 : 1.15 / Math.Sqrt(Math.Max(1, radius / 2));
        float lump = ToyHash.Noise(body.Salt, u * lumpSize, v * lumpSize), leaf = ToyHash.Noise(body.Salt + 1, u * 2.6, v * 2.6);
        float speck = ToyHash.Unit(body.Salt, (int)(u * 5), (int)(v * 5)) - 0.5f;
        double edge = away + (0.2 * lump) + (0.12 * leaf);
        if (edge > 1)
            return;
        float top = body.High, height;
        if (conifer)
            height = (top * (0.45f + (0.55f * (float)(1 - edge)))) + (0.5f * leaf);
        else
            height = (top * (0.42f + (0.58f * (float)Math.Sqrt(1 - (edge * edge))))) + ((0.35f * lump) + (0.3f * leaf)) * Math.Min(1, top / 4);
        height = Math.Max(height, 0.3f);
        if (height <= canvas.Above[at])
            return;
        canvas.Above[at] = height;
        canvas.Color[at] = body.Tint * (1 + (0.1f * lump) + (0.14f * leaf) + (0.16f * speck) + (0.12f * (float)(1 - away)));
        canvas.Label[at] = body.Label;
    }
}
