using System.Numerics;

namespace Flair.Toy;

/// <summary>Draws what covers a parcel. Rows and furrows run along the parcel, bent with it.</summary>
internal sealed class CoverPainter(uint salt)
{
    /// <summary>Draws the cover at a place, this far (metres) from the parcel's side.</summary>
    public Ground Paint(in ParcelHit hit, double depth, in Spot spot)
    {
        Parcel parcel = hit.Parcel;
        double along = (spot.Plan.X * parcel.Along.X) + (spot.Plan.Y * parcel.Along.Y);
        double across = (spot.Plan.Y * parcel.Along.X) - (spot.Plan.X * parcel.Along.Y);
        float patch = ToyHash.Fractal(salt + 10, spot.U / 34, spot.V / 34), tone = parcel.Draw(1) - 0.5f;
        switch (parcel.Cover)
        {
            case Cover.Wheat:
                return Crop(new Vector4(204, 180, 122, 172), new Vector4(176, 164, 110, 168), 0.8f, along, across, depth, tone, patch, spot);
            case Cover.Barley:
                return Crop(new Vector4(126, 140, 90, 176), new Vector4(154, 154, 106, 170), 0.7f, along, across, depth, tone, patch, spot);
            case Cover.Sunflower:
                return Crop(new Vector4(132, 142, 82, 186), new Vector4(158, 154, 88, 182), 1f, along, across, depth, tone, patch, spot);
            case Cover.Maize:
                return RowCrop(across, depth, tone, patch, spot);
            case Cover.Stubble:
                return Crop(new Vector4(208, 190, 148, 176), new Vector4(190, 172, 132, 164), 0.15f, along, across, depth, tone, patch, spot);
            case Cover.Plowed:
                return Plowed(across, tone, patch, spot);
            case Cover.Vineyard:
                return Vineyard(along, across, depth, tone, patch, spot);
            case Cover.Mown:
                return Mown(across, tone, patch, spot);
            case Cover.Lawn:
                return Lawn(tone, spot);
            case Cover.Allotment:
                return Allotment(along, across, depth, spot);
            case Cover.BareSoil:
                return Bare(tone, patch, spot);
            case Cover.Yard:
                return new Ground(new Vector4(178, 168, 146, 154) * (1 + (0.1f * patch) + Fine(spot)), ToyClass.Pervious, 0);
            case Cover.CarPark:
                return Parking(parcel, spot);
            case Cover.Pond:
                return Pond(parcel, spot);
            case Cover.Deciduous:
                return new Ground(new Vector4(76, 82, 56, 112) * (1 + (0.2f * spot.Grain) + (0.2f * spot.Speck)), ToyClass.Deciduous, 0.4f + (0.3f * spot.Grain));
            case Cover.Coniferous:
                return new Ground(new Vector4(116, 104, 78, 112) * (1 + (0.2f * spot.Grain) + (0.2f * spot.Speck)), ToyClass.Coniferous, 0.3f + (0.2f * spot.Grain));
            case Cover.ClearCut:
                return ClearCut(across, patch, spot);
            case Cover.Fallow:
                float scrub = ToyHash.Noise(salt + 28, spot.U * 0.22, spot.V * 0.22);
                Ground wild = Grass(spot, 0.5f + (0.3f * patch) - (0.2f * scrub));
                return wild with { Label = ToyClass.Brushwood, Above = 0.5f + (0.2f * scrub) + (0.05f * spot.Grain) };
            case Cover.Plantation:
                return Grass(spot, 0.3f + (0.2f * patch)) with { Label = ToyClass.Ligneous };
            case Cover.GreenhouseYard:
                return patch + (0.25f * ToyHash.Noise(salt + 29, spot.U * 0.3, spot.V * 0.3)) + (0.06f * spot.Grain) > -0.05f
                    ? new Ground(new Vector4(184, 172, 148, 158) * (1 + (0.06f * patch) + Fine(spot)), ToyClass.Pervious, 0)
                    : Grass(spot, 0.5f);
            default:
                return Grass(spot, 0.22f + (0.35f * tone) + (0.25f * patch));
        }
    }

    /// <summary>Grassland: lush at dryness 0, yellow at 1.</summary>
    public Ground Grass(in Spot spot, float dryness)
    {
        float tuft = ToyHash.Noise(salt + 12, spot.U * 0.45, spot.V * 0.45);
        float mix = Math.Clamp(dryness + (0.14f * tuft) + (0.1f * spot.Grain), 0, 1);
        Vector4 color = Vector4.Lerp(new Vector4(108, 124, 80, 174), new Vector4(172, 163, 122, 160), mix);
        return new Ground(color * (1 + (0.05f * spot.Grain) + (0.12f * spot.Speck)), ToyClass.Herbaceous, 0.12f + (0.06f * tuft));
    }

    /// <summary>A hedge: trimmed in gardens, rough between fields.</summary>
    public Ground Hedge(in Spot spot, bool trimmed)
    {
        float bush = ToyHash.Noise(salt + 13, spot.U * 0.55, spot.V * 0.55), fine = ToyHash.Noise(salt + 14, spot.U * 2.1, spot.V * 2.1);
        float height = trimmed ? 1.8f + (0.15f * fine) : 2.3f + (0.6f * bush) + (0.35f * fine);
        return new Ground(new Vector4(80, 93, 62, 156) * (1 + (0.12f * bush) + (0.12f * fine) + (0.12f * spot.Speck)), ToyClass.Brushwood, height);
    }

    private static float Fine(in Spot spot) => (0.05f * spot.Grain) + (0.12f * spot.Speck);

    // Position in a repeating pattern, centred: from -pitch / 2 to pitch / 2.
    private static double Beat(double position, double pitch) => position - (Math.Round(position / pitch) * pitch);

    private Ground Crop(Vector4 first, Vector4 second, float height, double along, double across, double depth, float tone, float patch, in Spot spot)
    {
        float mix = Math.Clamp(0.4f + tone + (0.55f * patch), 0, 1);
        // Drilling leaves fine lines; the sprayer's wheels a pair every 24 m; the headland is drilled the other way.
        double lines = depth < 9 ? along * 0.15 : across;
        float drill = ToyHash.Noise(salt + 15, lines * 2.6, (depth < 9 ? across : along) * 0.06);
        Vector4 color = Vector4.Lerp(first, second, mix) * (1 + (0.055f * drill) + (0.03f * spot.Grain) + (0.09f * spot.Speck) + (0.12f * tone));
        float stand = height * (0.92f + (0.08f * drill));
        double wheel = Math.Abs(Math.Abs(Beat(across, 24)) - 0.9);
        if (wheel < 0.24 && depth > 3)
            return new Ground(Vector4.Lerp(color, new Vector4(150, 134, 104, 142), 0.55f), ToyClass.Agricultural, 0.6f * stand);
        return new Ground(color, ToyClass.Agricultural, stand);
    }

    private static Ground RowCrop(double across, double depth, float tone, float patch, in Spot spot)
    {
        double row = Math.Abs(Beat(across + (0.06 * spot.Grain), 0.8));
        float leaf = (float)ToyWorld.Smooth((0.36 - row) / 0.25);
        leaf = Math.Clamp(leaf + 0.25f + (0.35f * patch), 0, 1);
        Vector4 color = Vector4.Lerp(new Vector4(132, 122, 88, 140), new Vector4(94, 117, 70, 190), leaf) * (1 + (0.08f * spot.Grain) + (0.14f * spot.Speck) + (0.14f * tone));
        return new Ground(color, ToyClass.Agricultural, depth < 0.8 ? 0.1f : 0.25f + (0.7f * leaf));
    }

    private Ground Plowed(double across, float tone, float patch, in Spot spot)
    {
        float wave = (float)Math.Cos(2 * Math.PI * (across + (0.05 * spot.Grain)) / 0.9);
        float pass = ToyHash.Unit(salt + 16, (int)Math.Floor(across / 3.6), 0) - 0.5f;
        float clod = ToyHash.Noise(salt + 17, spot.U * 2.7, spot.V * 2.7);
        Vector4 color = Vector4.Lerp(new Vector4(146, 118, 92, 124), new Vector4(182, 156, 124, 152), Math.Clamp(0.45f + tone + (0.5f * patch), 0, 1));
        color *= 1 + (0.06f * wave) + (0.05f * pass) + (0.06f * clod) + (0.1f * spot.Speck);
        return new Ground(color, ToyClass.Plowed, 0.1f + (0.07f * wave) + (0.03f * clod));
    }

    private Ground Vineyard(double along, double across, double depth, float tone, float patch, in Spot spot)
    {
        if (depth < 3.6)
            return Grass(spot, 0.45f + (0.2f * patch));
        double pitch = tone > 0 ? 2.0 : 1.6;
        int row = (int)Math.Round(across / pitch);
        double vine = Math.Abs(Beat(across, pitch));
        // A stock a metre; now and then one is missing.
        float gap = ToyHash.Noise(salt + 18, along * 0.9, row * 7.31), bush = ToyHash.Noise(salt + 19, along * 2.3, row * 3.17);
        double half = 0.42 + (0.1 * bush) + (0.06 * patch);
        if (vine < half && gap > -0.82f)
        {
            Vector4 leaf = Vector4.Lerp(new Vector4(88, 112, 58, 178), new Vector4(116, 126, 66, 172), Math.Clamp(0.4f + (0.6f * patch) + tone, 0, 1));
            return new Ground(leaf * (1 + (0.1f * bush) + (0.14f * spot.Speck)), ToyClass.Vineyard, 1.35f + (0.15f * bush) - (0.5f * (float)(vine / half)));
        }

        // Grass and tilled soil alternate between the rows, or all is tilled.
        bool grassy = tone > -0.2f && ((int)Math.Floor(across / pitch) & 1) == 0;
        Vector4 soil = new Vector4(178, 160, 130, 150) * (1 + (0.08f * patch) + Fine(spot));
        Vector4 color = grassy ? Vector4.Lerp(soil, Grass(spot, 0.3f).Color, 0.75f) : soil;
        return new Ground(color, ToyClass.Vineyard, 0.03f);
    }

    private Ground Mown(double across, float tone, float patch, in Spot spot)
    {
        float swath = (float)Math.Cos(2 * Math.PI * (across + (0.3 * spot.Grain)) / 5.5);
        Ground grass = Grass(spot, 0.5f + (0.3f * tone) + (0.2f * patch) + (0.14f * swath));
        return grass with { Above = 0.06f + (0.05f * Math.Max(0, swath)) };
    }

    private Ground Lawn(float tone, in Spot spot)
    {
        float worn = ToyHash.Noise(salt + 20, spot.U * 0.1, spot.V * 0.1);
        Ground grass = Grass(spot, 0.34f + (0.75f * tone) + (0.3f * worn));
        return grass with { Above = 0.05f };
    }

    private Ground Allotment(double along, double across, double depth, in Spot spot)
    {
        double bedAcross = Math.Abs(Beat(across, 3.2)), bedAlong = Math.Abs(Beat(along, 9));
        if (depth < 1.5 || bedAlong > 4.1)
            return Grass(spot, 0.3f);
        if (bedAcross > 1.3)
            return new Ground(new Vector4(172, 156, 128, 148) * (1 + Fine(spot)), ToyClass.Pervious, 0);
        float kind = ToyHash.Unit(salt + 21, (int)Math.Round(across / 3.2), (int)Math.Round(along / 9));
        if (kind < 0.3f)
            return new Ground(new Vector4(128, 104, 82, 112) * (1 + (2 * Fine(spot))), ToyClass.Plowed, 0.05f);
        float leaf = (float)ToyWorld.Smooth((0.24 - Math.Abs(Beat(across, 0.65))) / 0.12);
        Vector4 color = Vector4.Lerp(new Vector4(132, 110, 86, 120), new Vector4(70 + (70 * kind), 112 + (20 * kind), 58, 182), leaf * (0.6f + (0.4f * kind)));
        return new Ground(color * (1 + (2 * Fine(spot))), ToyClass.Agricultural, 0.1f + (0.4f * leaf));
    }

    private Ground Bare(float tone, float patch, in Spot spot)
    {
        float clod = ToyHash.Noise(salt + 22, spot.U * 0.35, spot.V * 0.35), heap = ToyHash.Noise(salt + 23, spot.U * 0.09, spot.V * 0.09);
        Vector4 color = Vector4.Lerp(new Vector4(188, 164, 126, 160), new Vector4(212, 194, 160, 184), Math.Clamp(0.5f + tone + (0.4f * patch) + (0.2f * clod), 0, 1));
        double rut = Math.Abs(ToyHash.Noise(salt + 24, spot.U * 0.035, spot.V * 0.035));
        if (Math.Abs(rut - 0.06) < 0.012)
            color *= 0.9f;
        return new Ground(color * (1 + Fine(spot) + (0.03f * clod)), ToyClass.BareSoil, Math.Max(0, 2.2f * (heap - 0.45f)) + (0.05f * Math.Max(0, clod)));
    }

    private static Ground Parking(Parcel parcel, in Spot spot)
    {
        (double mx, double my) = parcel.Middle;
        double dx = spot.Plan.X - mx, dy = spot.Plan.Y - my;
        double along = (dx * parcel.Along.X) + (dy * parcel.Along.Y), across = (dy * parcel.Along.X) - (dx * parcel.Along.Y);
        double inRow = across - (Math.Floor(across / CarPark.RowPitch) * CarPark.RowPitch);
        float patch = ToyHash.Noise(0x51B, spot.U * 0.08, spot.V * 0.08);
        Vector4 color = new Vector4(132, 131, 131, 112) * (1 + (0.06f * patch) + (0.03f * spot.Grain) + (0.06f * spot.Speck));
        bool bays = Math.Abs(inRow - CarPark.BayRows[0]) < 2.5 || Math.Abs(inRow - CarPark.BayRows[1]) < 2.5;
        if ((bays && Math.Abs(Beat(along, CarPark.BayWidth)) < 0.09) || Math.Abs(Beat(across, CarPark.RowPitch)) < 0.09)
            color = Vector4.Lerp(color, new Vector4(222, 222, 220, 190), 0.75f);
        return new Ground(color, ToyClass.Impervious, 0);
    }

    private Ground Pond(Parcel parcel, in Spot spot)
    {
        (double mx, double my) = parcel.Middle;
        double dx = spot.Plan.X - mx, dy = spot.Plan.Y - my, radius = parcel.PondRadius;
        double wobble = ToyHash.Noise(parcel.Salt, spot.U / 9, spot.V / 9) * 0.22 * radius;
        double shore = Math.Sqrt((dx * dx) + (dy * dy)) + wobble - radius;
        float ground = spot.Terrain + ((float)(parcel.Level - spot.Terrain) * (1 - (float)ToyWorld.Smooth(shore / 11)));
        if (shore > 0)
        {
            Ground bank = shore < 0.8 + (0.5 * spot.Grain)
                ? new Ground(new Vector4(150, 136, 108, 130) * (1 + Fine(spot)), ToyClass.BareSoil, 0)
                : Grass(spot, 0.25f * (float)ToyWorld.Smooth(shore / 3) * (1 + (0.8f * ToyHash.Noise(salt + 25, spot.U / 15, spot.V / 15))));
            return bank with { Terrain = ground };
        }

        float depth = (float)Math.Clamp(-shore / 2.5, 0, 1);
        Vector4 color = Vector4.Lerp(new Vector4(98, 104, 74, 60), new Vector4(46, 62, 54, 22), depth);
        return new Ground(color + (Vector4.One * ((1.5f * spot.Grain) + (2 * spot.Speck))), ToyClass.Water, 0, ground);
    }

    private Ground ClearCut(double across, float patch, in Spot spot)
    {
        float slash = ToyHash.Noise(salt + 26, across * 0.4, (spot.U + spot.V) * 0.05), stump = ToyHash.Noise(salt + 27, spot.U * 0.9, spot.V * 0.9);
        Vector4 color = Vector4.Lerp(new Vector4(136, 116, 94, 118), new Vector4(120, 124, 84, 146), Math.Clamp(0.4f + (0.4f * patch) + (0.3f * slash), 0, 1));
        if (stump > 0.72f)
            return new Ground(new Vector4(196, 178, 148, 160), ToyClass.ClearCut, 0.4f);
        return new Ground(color * (1 + (0.12f * spot.Grain) + (0.16f * spot.Speck)), ToyClass.ClearCut, 0.2f + (0.15f * slash));
    }
}
