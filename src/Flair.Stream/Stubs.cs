#pragma warning disable
namespace Flair.Inference {
 public sealed record LoadedModel { public string Architecture, Fingerprint; public Flair.Nomenclatures.Nomenclature Nomenclature; public bool WeightsAreFormula; public int ClassCount; public Flair.Checkpoints.StateDict Weights; }
 public static class ModelLoader { public static LoadedModel Load(Flair.Settings.ModelSettings s, int channels) => throw null!; }
}
namespace Flair.Tiles {
 public sealed class TileWriter : IDisposable { public void WriteRows(int rows, ReadOnlySpan<byte> classes, ReadOnlySpan<byte> confidence, ReadOnlySpan<byte> prob) {} public IReadOnlyList<Flair.Indexing.OutputFile> Finish(CancellationToken c) => throw null!; public void Dispose() {} }
}
