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
namespace Flair.Tiles {
 public sealed class TileWriter : IDisposable {
   Raster r; string path, final; int y, w;
   public TileWriter(string work, string dir, string name, Flair.Source.MosaicGrid grid, Flair.Source.GridRect rect) { path = Path.Combine(work, name + ".tmp.tif"); final = Path.Combine(dir, name + ".tif"); w = rect.Width; r = Raster.Create("GTiff", path, rect.Width, rect.Height, 1, GdalType.Byte); r.SetGeoTransform(grid.GeoTransform(rect)); r.SetNodata(1,255); }
   public void WriteRows(int rows, ReadOnlySpan<byte> classes, ReadOnlySpan<byte> confidence, ReadOnlySpan<byte> prob) { r.Write<byte>(0, y, w, rows, [1], classes); y += rows; }
   public IReadOnlyList<Flair.Indexing.OutputFile> Finish(CancellationToken c) { r.Flush(); using (var cc = r.CreateCopy("COG", final, "COMPRESS=ZSTD")) { } return [new Flair.Indexing.OutputFile("tiles/" + Path.GetFileName(final), new FileInfo(final).Length, "")]; } public void Dispose() { r.Dispose(); File.Delete(path); } }
}
