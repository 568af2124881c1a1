#pragma warning disable
using Flair.Gdal;
namespace Flair.Inference {
 public sealed record LoadedModel { public string Architecture, Fingerprint; public Flair.Nomenclatures.Nomenclature Nomenclature; public bool WeightsAreFormula; public int ClassCount; public Flair.Checkpoints.StateDict Weights; }
 public static class ModelLoader { public static LoadedModel Load(Flair.Settings.ModelSettings s, int channels) {
   int n = s.Classes == "flair-12" ? 12 : 19;
   var (a, e) = Flair.Models.ArchitectureRegistry.Parse(s.Architecture);
   var w = s.Weights == "formula" ? Flair.Checkpoints.FormulaWeights.Create(a.Describe(e, channels, n).Select(p => (p.Name, p.Shape))) : Flair.Checkpoints.CheckpointReader.Read(s.Weights);
   return new LoadedModel { Architecture = s.Architecture, Fingerprint = s.Weights + n, ClassCount = n, Weights = w, WeightsAreFormula = true, Nomenclature = new(s.Classes, Enumerable.Range(0, n).Select(i => new Flair.Nomenclatures.LandCoverClass(i, "c" + i, 0x123456 * i & 0xffffff)).ToArray()) };
 } }
}
