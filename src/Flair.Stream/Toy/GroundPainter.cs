using System.Numerics;

namespace Flair.Toy;

/// <summary>Draws the ground: parcels, what divides them, rivers, ponds and ways.</summary>
internal sealed class GroundPainter(ToyWorld world, ToyCanvas canvas, IReadOnlyDictionary<(int I, int J), BlockPlan> blocks)
{
    private readonly uint _grain = world.Salt(81);
    private readonly CoverPainter _covers = new(world.Salt(81));

    /// <summary>Draws rows [first, last).</summary>
    public void Paint(int first, int last)
    {
        int riverLow = ToyWorld.NearestRiver(canvas.V(first)), riverHigh = ToyWorld.NearestRiver(canvas.V(last - 1));
        var rivers = new (double Centre, double Slope, double HalfWidth, double Level)[riverHigh - riverLow + 1, canvas.Width];
        for (int k = riverLow; k <= riverHigh; k++)
        {
            for (int column = 0; column < canvas.Width; column++)
                rivers[k - riverLow, column] = world.River(k, canvas.U(column));
        }

        BlockPlan? block = null;
        for (int row = first; row < last; row++)
        {
            double v = canvas.V(row);
            int river = ToyWorld.NearestRiver(v) - riverLow;
            for (int column = 0; column < canvas.Width; column++)
            {
                double u = canvas.U(column);
                PlanPoint p = world.ToPlan(u, v);
                if (block is null || p.X < block.Left || p.X >= block.Right || p.Y < block.Top || p.Y >= block.Bottom)
                    block = blocks[world.BlockAt(p.X, p.Y)];
                (double centre, double slope, double half, double level) = rivers[river, column];
                double water = ToyWorld.RiverDistance(v, centre, slope, half);
                var spot = new Spot(u, v, p, water, (float)world.Terrain(u, v, water, level), ToyHash.Noise(_grain, u * 1.6, v * 1.6), ToyHash.Unit(_grain, canvas.X + column, canvas.Y + row) - 0.5f);
                Ground ground = Draw(block, spot, level);
                int at = (row * canvas.Width) + column;
                canvas.Color[at] = ground.Color;
                canvas.Label[at] = ground.Label;
                canvas.Above[at] = ground.Above;
                canvas.Terrain[at] = ground.Terrain ?? spot.Terrain;
            }
        }
    }

    private Ground Draw(BlockPlan block, in Spot spot, double riverLevel)
    {
        ParcelHit hit = block.Find(spot.Plan.X, spot.Plan.Y);
        (double borderDistance, WayKind way, double along) = block.Border(spot.Plan);
        double half = Ways.HalfWidth(way);
        if (way != WayKind.None && borderDistance < half + 0.6)
        {
            if (spot.Water > 4)
                return WayPainter.Paint(way, borderDistance, along, spot);
            if (way >= WayKind.Lane)
                return WayPainter.Bridge(way, borderDistance, along, spot, riverLevel);
        }

        if (spot.Water < 5.5)
            return River(spot);
        if (hit.DivideWay != Divide.Nothing && hit.DivideDistance < 2)
        {
            WayKind inner = hit.DivideWay == Divide.Lane ? WayKind.Lane : WayKind.Track;
            if (hit.DivideDistance < Ways.HalfWidth(inner) + 0.3)
                return WayPainter.Paint(inner, hit.DivideDistance, spot.Plan.X + spot.Plan.Y, spot);
        }

        // Verges: the strip between a way and the fields.
        double ragged = 0.5 * spot.Grain;
        if (way != WayKind.None && borderDistance < half + 2.6 + ragged)
            return _covers.Grass(spot, 0.35f);
        if (hit.DivideDistance < 2.8 + ragged && block.Kind != BlockKind.Village)
            return _covers.Grass(spot, 0.35f);
        if (hit.Divide == Divide.Hedge && hit.Distance < HedgeHalf(hit.Parcel, spot, block.Kind == BlockKind.Village))
            return _covers.Hedge(spot, block.Kind == BlockKind.Village);
        if (hit.Divide is Divide.Hedge or Divide.GrassStrip && hit.Distance < 1.5 + ragged && block.Kind != BlockKind.Village)
            return _covers.Grass(spot, 0.25f);
        return _covers.Paint(hit, Math.Min(hit.Distance, borderDistance - half), spot);
    }

    private double HedgeHalf(Parcel parcel, in Spot spot, bool garden) =>
        garden ? 0.55 + (0.1 * spot.Grain) : 1.15 + (0.35 * ToyHash.Noise(_grain + 3, spot.U * 0.5, spot.V * 0.5)) + (0.2 * spot.Grain) - (parcel.Cover == Cover.Pond ? 0.3 : 0);

    private Ground River(in Spot spot)
    {
        float ripple = ToyHash.Noise(_grain + 4, spot.U * 0.9, spot.V * 0.9), drift = ToyHash.Noise(_grain + 5, spot.U * 0.07, spot.V * 0.07);
        if (spot.Water <= 0)
        {
            // Shallow at the edges, where the bed shows.
            float depth = (float)Math.Clamp(-spot.Water / 2.2, 0, 1);
            Vector4 deep = new(58, 74, 66, 26), shallow = new(112, 110, 86, 62);
            Vector4 color = Vector4.Lerp(shallow, deep, depth) + (Vector4.One * ((1.8f * ripple) + (5 * drift) + (2 * spot.Speck)));
            return new Ground(color, ToyClass.Water, 0);
        }

        double beach = 0.9 + (1.1 * ToyHash.Noise(_grain + 6, spot.U * 0.11, spot.V * 0.11)) + (0.3 * spot.Grain);
        if (spot.Water < beach)
            return new Ground(new Vector4(176, 162, 134, 150) * (1 + (0.1f * spot.Grain) + (0.14f * spot.Speck)), ToyClass.BareSoil, 0);
        if (spot.Water < 3.4 + spot.Grain && ToyHash.Noise(_grain + 7, spot.U * 0.16, spot.V * 0.16) > 0.05)
            return _covers.Hedge(spot, false);
        return _covers.Grass(spot, 0.1f);
    }
}

/// <summary>A place to draw.</summary>
/// <param name="U">Metres east.</param>
/// <param name="V">Metres south.</param>
/// <param name="Plan">Where it lies in the plan.</param>
/// <param name="Water">Metres to the river's edge; negative in the water.</param>
/// <param name="Terrain">Terrain height, metres.</param>
/// <param name="Grain">Noise in [-1, 1] about a metre long.</param>
/// <param name="Speck">Noise in [-0.5, 0.5) of this pixel alone.</param>
internal readonly record struct Spot(double U, double V, PlanPoint Plan, double Water, float Terrain, float Grain, float Speck);

/// <summary>What the ground is at a place.</summary>
/// <param name="Color">Sunlit colour.</param>
/// <param name="Label">Class.</param>
/// <param name="Above">Height above the terrain, metres.</param>
/// <param name="Terrain">The terrain where it is not the natural one.</param>
internal readonly record struct Ground(Vector4 Color, byte Label, float Above, float? Terrain = null);
