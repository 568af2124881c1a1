namespace Flair.OneDnn;

/// <summary>Sizes and types of a convolution over one map.</summary>
public readonly record struct ConvolutionShape
{
    /// <summary>Channels that enter.</summary>
    public required int InChannels { get; init; }

    /// <summary>Rows of the input map.</summary>
    public required int InRows { get; init; }

    /// <summary>Columns of the input map.</summary>
    public required int InColumns { get; init; }

    /// <summary>Channels that leave.</summary>
    public required int OutChannels { get; init; }

    /// <summary>Rows of the output map.</summary>
    public required int OutRows { get; init; }

    /// <summary>Columns of the output map.</summary>
    public required int OutColumns { get; init; }

    /// <summary>The kernel's side.</summary>
    public required int Kernel { get; init; }

    /// <summary>Input pixels from one output pixel to the next.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Input pixels from one tap of the kernel to the next.</summary>
    public int Dilation { get; init; } = 1;

    /// <summary>Rows of zeros above the input map.</summary>
    public int Top { get; init; }

    /// <summary>Columns of zeros left of it.</summary>
    public int Left { get; init; }

    /// <summary>Rows of zeros below it.</summary>
    public int Bottom { get; init; }

    /// <summary>Columns of zeros right of it.</summary>
    public int Right { get; init; }

    /// <summary>Type of the input map.</summary>
    public required MapType InType { get; init; }

    /// <summary>Type of the output map.</summary>
    public required MapType OutType { get; init; }

    /// <summary>As what type the output map holds what is to be added, of the output type's size; <see cref="MapType.None"/>: nothing is added.</summary>
    public MapType SumType { get; init; } = MapType.None;

    /// <summary>What it is multiplied with.</summary>
    public float SumScale { get; init; } = 1;

    /// <summary>Type of another map, of the output's shape, that is added; <see cref="MapType.None"/>: none is.</summary>
    public MapType AddedType { get; init; } = MapType.None;

    /// <summary>Whether what is negative becomes 0, last of all.</summary>
    public bool Relu { get; init; }

    /// <summary>
    /// Whether it is the transposed convolution: input pixel i and tap t go to output pixel <see cref="Stride"/> · i + t −
    /// <see cref="Top"/> (<see cref="Left"/>). <see cref="Top"/> … <see cref="Right"/> are then what is cut off the output.
    /// In floating point it has to be of 4 × 4 with stride 2, and nothing is added to it.
    /// </summary>
    public bool Transposed { get; init; }

    /// <summary>How many threads will share a run of it (<see cref="OneDnnLibrary.UseThreads"/>); 0: as many as the creating thread would use.</summary>
    public int Threads { get; init; }

    /// <summary>On how many images it will be run at once, at most; 1 or more.</summary>
    public int Images { get; init; } = 1;

    /// <summary>A shape to fill in.</summary>
    public ConvolutionShape()
    {
    }
}
