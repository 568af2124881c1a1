using System.Runtime.Intrinsics;
using Flair.Stitching;

namespace Flair.Tiles;

/// <summary>Pixels a class and the winning class's probability, summed over a set of pixels.</summary>
/// <param name="classes">Classes of the model.</param>
public sealed class PixelTally(int classes)
{
    private const int Lanes = 32;

    private readonly long[] _histogram = new long[classes];
    private long _confidence;

    /// <summary>Pixels a class, by class index.</summary>
    public IReadOnlyList<long> Histogram => _histogram;

    /// <summary>Pixels without data.</summary>
    public long Nodata { get; private set; }

    /// <summary>
    /// Mean probability of the winning class over the pixels that have data, to about 1/500; NaN when none has. A level of 8 bits stands for
    /// the middle of the probabilities that it covers.
    /// </summary>
    public double MeanConfidence => _histogram.Sum() is var count and > 0 ? Math.Min(1, (((double)_confidence / count) + 0.5) / 255) : double.NaN;

    /// <summary>Counts a run of pixels.</summary>
    /// <param name="codes">Class indices, or <see cref="StitchBlock.Nodata"/>.</param>
    /// <param name="confidence">floor(255 × probability of the winning class).</param>
    public void Add(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> confidence)
    {
        long sum = 0;
        while (codes.Length >= Lanes)
        {
            // A map is calm: most neighbours are of one class.
            var code = codes[0];
            if (code != StitchBlock.Nodata && Vector256.EqualsAll(Vector256.Create(codes), Vector256.Create(code)))
            {
                _histogram[code] += Lanes;
                var levels = Vector256.Create(confidence).AsUInt16();
                sum += Vector256.Sum((levels & Vector256.Create((ushort)0xFF)) + (levels >> 8));
            }
            else
            {
                sum += AddEach(codes[..Lanes], confidence);
            }

            codes = codes[Lanes..];
            confidence = confidence[Lanes..];
        }

        sum += AddEach(codes, confidence);
        _confidence += sum;
    }

    private long AddEach(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> confidence)
    {
        long sum = 0;
        for (var i = 0; i < codes.Length; i++)
        {
            var code = codes[i];
            if (code == StitchBlock.Nodata)
            {
                Nodata++;
                continue;
            }

            _histogram[code]++;
            sum += confidence[i];
        }

        return sum;
    }
}
