namespace Flair.Tests.Models;

/// <summary>Tests that look at or change what libtorch keeps for the whole process (threads, memory statistics), or that keep its threads busy for seconds, run alone: two teams of threads on the same cores wait for each other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LibTorchCollection
{
    public const string Name = "libtorch";
}
