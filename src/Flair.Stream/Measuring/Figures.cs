namespace Flair.Measuring;

/// <summary>The network alone.</summary>
/// <param name="SecondsPerWindow">Seconds a window, all workers at once.</param>
/// <param name="Windows">Windows that a run of these inputs has.</param>
/// <param name="Precision">The arithmetic, lower case.</param>
/// <param name="Device">Where it ran.</param>
/// <param name="Model">The model in words.</param>
public sealed record NetworkFigures(double SecondsPerWindow, long Windows, string Precision, string Device, string Model)
{
    /// <summary>Seconds that the run's windows take in the network.</summary>
    public double Seconds => SecondsPerWindow * Windows;
}

/// <summary>Decoding: seconds for all files of the inputs.</summary>
/// <param name="Pixels">Pixels of all tiles.</param>
/// <param name="RawSeconds">GDAL alone, every block once, all cores busy.</param>
/// <param name="ReadSeconds">The run's reader, whose strips nobody uses.</param>
/// <param name="GraphSeconds">The whole graph, from the first unit to the last record, with a network that does nothing: neither it nor stitching takes time.</param>
/// <param name="StitchedSeconds">The same with a network that gives logits without computing them, which the CPU stitches.</param>
/// <param name="Rounds">Rounds of which these are the medians.</param>
/// <param name="Blocks">What each block of the graph was busy with in the last round of <paramref name="GraphSeconds"/>: where the network takes no time, the busiest of these is the next limit.</param>
public sealed record DecodeFigures(
    long Pixels, double RawSeconds, double ReadSeconds, double GraphSeconds, double StitchedSeconds, int Rounds, IReadOnlyList<BlockFigures> Blocks);

/// <summary>A block of the graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="BusySeconds">Seconds in which it was at work, summed over its workers.</param>
public sealed record BlockFigures(string Name, double BusySeconds);

/// <summary>Writing one tile.</summary>
/// <param name="Pixels">Its pixels.</param>
/// <param name="RawSeconds">GDAL alone: the COGs from memory, neither read back nor forced to the disk.</param>
/// <param name="Seconds">As in a run: rows, COGs, reading back, to the disk, final names.</param>
/// <param name="Rounds">Rounds of which these are the medians.</param>
public sealed record WriteFigures(long Pixels, double RawSeconds, double Seconds, int Rounds);
