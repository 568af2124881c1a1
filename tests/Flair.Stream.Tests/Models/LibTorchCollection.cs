namespace Flair.Tests.Models;

/// <summary>Tests that look at or change what libtorch keeps for the whole process (threads, memory statistics) run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LibTorchCollection
{
    public const string Name = "libtorch";
}
