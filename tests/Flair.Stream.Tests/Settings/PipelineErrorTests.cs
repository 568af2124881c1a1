namespace Flair.Tests.Settings;

public sealed class PipelineErrorTests : IDisposable
{
    private readonly SettingsTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("bacth: 4", "p.yaml:6:1: unknown key 'bacth'; did you mean 'batch'?")]
    [InlineData("window:\n  sise: 4", "p.yaml:7:3: unknown key 'sise' under 'window'; did you mean 'size'?")]
    [InlineData("window: { Size: 512 }", "p.yaml:6:11: unknown key 'Size' under 'window'; did you mean 'size'?")]
    [InlineData("window: { zzz: 512 }", "p.yaml:6:11: unknown key 'zzz' under 'window'; valid: size, margin")]
    [InlineData("batch: many", "p.yaml:6:8: 'batch' must be a whole number, not many")]
    [InlineData("batch: '4'", "p.yaml:6:8: 'batch' must be a whole number, not the text '4'")]
    [InlineData("batch: 1.5", "p.yaml:6:8: 'batch' must be a whole number, not 1.5")]
    [InlineData("batch: [4]", "p.yaml:6:8: 'batch' must be a whole number, not a list")]
    [InlineData("window: 512", "p.yaml:6:9: 'window' must be keys and values, not 512")]
    [InlineData("outputs:\n  confidence: maybe", "p.yaml:7:15: 'outputs.confidence' must be true or false, not maybe")]
    [InlineData("output: twice", "p.yaml:6:1: the key 'output' is given twice (first at p.yaml:5:1)")]
    [InlineData("stitch: blnd", "p.yaml:6:9: 'stitch' must be blend or crop, not 'blnd'; did you mean 'blend'?")]
    [InlineData("precision: int4", "p.yaml:6:12: 'precision' must be auto or fp32 or bf16 or fp16 or int8, not 'int4'; did you mean 'int8'?")]
    [InlineData("\"a\\nb\": 1", "p.yaml:6:1: unknown key 'a�b'; valid: inputs, input, bands, crs, model, normalization, window, batch, stitch, outputs, nodata, precision, device, resources, telemetry, output, flair_detect")]
    [InlineData("batch: 0", "p.yaml:6:8: 'batch' must be 1 or more, not 0")]
    [InlineData("window: { size: 500 }", "p.yaml:6:17: 'window.size' must be a multiple of 32, not 500; the nearest is 512")]
    [InlineData("window: { size: 16, margin: 4 }", "p.yaml:6:17: 'window.size' must be a multiple of 32, not 16; the nearest is 32")]
    [InlineData("window: { size: 16384 }", "p.yaml:6:17: 'window.size' must be 8192 or less, not 16384")]
    [InlineData("resources: { threads: 100000 }", "p.yaml:6:23: 'resources.threads' must be 1024 or less, not 100000")]
    [InlineData("window: { margin: 256 }", "p.yaml:6:19: the margin is too large: twice 'window.margin' (256) must be less than 'window.size' (512)")]
    [InlineData("window: { size: 256 }", "p.yaml:6:9: the margin is too large: twice 'window.margin' (128) must be less than 'window.size' (256)")]
    [InlineData("window: { margin: -1 }", "p.yaml:6:19: 'window.margin' must be 0 or more, not -1")]
    [InlineData("crs: Lambert", "p.yaml:6:6: 'crs' must be an EPSG code such as EPSG:2154, not 'Lambert'")]
    [InlineData("device: gpu", "p.yaml:6:9: 'device' must be auto, cpu, cuda or cuda:N, not 'gpu'")]
    [InlineData("device: cpu\nprecision: fp16", "p.yaml:7:12: precision fp16 needs CUDA and the device is cpu; take bf16 or fp32")]
    [InlineData("outputs: { classes: false }", "p.yaml:6:21: the class codes are always written; take 'outputs.classes: false' out")]
    [InlineData("nodata: { value: white }", "p.yaml:6:18: 'nodata.value' must be auto, none or a number, not 'white'")]
    [InlineData("nodata: { solid: 0 }", "p.yaml:6:18: 'nodata.solid' must be 1 or more, not 0")]
    [InlineData("resources: { attempts: 0 }", "p.yaml:6:24: 'resources.attempts' must be 1 or more, not 0")]
    [InlineData("resources: { readers: -2 }", "p.yaml:6:23: 'resources.readers' must be 0 or more, not -2")]
    public void ALineAddedToAGoodFile(string line, string error) => Assert.Equal(error, _files.ErrorOf($"{SettingsTestFiles.Pipeline}\n{line}\n"));

    [Theory]
    [InlineData("input: image.tif", "", "p.yaml:2:1: the key 'input' is missing: give a raster, a directory or a glob (or --input PATH); several products go under 'inputs'")]
    [InlineData("bands: [1, 2, 3]", "", "p.yaml:1:1: the key 'bands' is missing: list the bands that the model takes, such as [1, 2, 3]")]
    [InlineData("bands: [1, 2, 3]", "bands: [1, 0]", "p.yaml:2:8: bands are numbered from 1; 0 is not a band")]
    [InlineData("bands: [1, 2, 3]", "bands: [1, two]", "p.yaml:2:12: 'bands' must be a list of whole numbers such as [1, 2, 3], not two")]
    [InlineData("bands: [1, 2, 3]", "bands: []", "p.yaml:2:8: no bands are listed; the model needs at least one")]
    [InlineData("weights: formula", "logits: 19", "p.yaml:3:8: the key 'model.weights' is missing: name a .pth, .ckpt or .safetensors file, or 'formula' for untrained weights (or --weights FILE)")]
    [InlineData("weights: formula", "weights:", "p.yaml:3:39: the key 'model.weights' is missing: name a .pth, .ckpt or .safetensors file, or 'formula' for untrained weights (or --weights FILE)")]
    [InlineData("weights: formula", "weights: formula, classes: flair-20", "p.yaml:3:66: there is no nomenclature 'flair-20' (flair-19, flair-15, flair-13, flair-12, flair-hub, or the path of a YAML file); did you mean 'flair-19'?")]
    [InlineData("resnet18_unet, weights: formula }", "resnet18_pan, weights: formula }\nwindow: { size: 112, margin: 16 }", "p.yaml:4:17: 'window.size' must be a multiple of 16 from 128 on, not 112; the nearest is 128")]
    [InlineData("resnet18_unet", "resnet18_unte", "p.yaml:3:24: there is no model 'resnet18_unte'; did you mean 'resnet18_unet'?")]
    [InlineData("weights: formula", "weights: formula, logits: 0", "p.yaml:3:65: 'model.logits' must be 1 to 255, not 0")]
    [InlineData("normalization: { type: scaling }", "", "p.yaml:1:1: the key 'normalization' is missing: say how the model was trained: { type: custom, means: […], stds: […] }, or type scaling or without")]
    [InlineData("{ type: scaling }", "{ type: custom, means: [1, 2], stds: [1, 2, 3] }", "p.yaml:4:39: 'normalization.means' has 2 values for 3 channels (image: 1, 2, 3); give one a channel")]
    [InlineData("{ type: scaling }", "{ type: custom, means: [1, 2, 3], stds: [1, 0, 3] }", "p.yaml:4:56: a standard deviation must be more than 0, not 0")]
    [InlineData("{ type: scaling }", "{ type: custom, stds: [1, 2, 3] }", "p.yaml:4:16: the key 'normalization.means' is missing: type custom needs one a channel")]
    [InlineData("{ type: scaling }", "{ type: scaling, means: [1, 2, 3] }", "p.yaml:4:40: means and stds belong to normalization type custom alone; take them out or change the type")]
    [InlineData("{ type: scaling }", "{ type: scaling, means: [1, 2, x] }", "p.yaml:4:47: 'normalization.means' must be a list of numbers such as [105.08, 110.87], not x")]
    [InlineData("output: out", "", "p.yaml:1:1: the key 'output' is missing: give the directory that takes the map (or --output DIR)")]
    [InlineData("output: out", "output: .", "p.yaml:5:9: the result would overwrite the input {0}/image.tif; give another output directory")]
    [InlineData("input: image.tif", "inputs: image.tif", "p.yaml:2:8: 'bands' at the top belongs to a single input; with 'inputs', give the bands of each product|p.yaml:1:9: 'inputs' must be a list of products, each with a name, not image.tif")]
    public void AGoodFileWithOneThingChanged(string good, string bad, string errors) =>
        Assert.Equal(errors.Replace("{0}", _files.Root, StringComparison.Ordinal).Split('|'), _files.ErrorOf(SettingsTestFiles.Pipeline.Replace(good, bad, StringComparison.Ordinal)).Split('\n'));

    [Fact]
    public void AMissingWeightsFileIsNamed() => Assert.Equal(
        $"p.yaml:3:48: the weights file {_files.At("no.pth")} does not exist; name a .pth, .ckpt or .safetensors file, or 'formula' for untrained weights",
        _files.ErrorOf(SettingsTestFiles.Pipeline.Replace("formula", "no.pth", StringComparison.Ordinal)));

    [Fact]
    public void SeveralErrorsAreSaidAtOnce() => Assert.Equal(
        ["p.yaml:8:1: unknown key 'bacth'; did you mean 'batch'?", "p.yaml:6:9: 'stitch' must be blend or crop, not 'x'", "p.yaml:7:9: 'device' must be text, not a list"],
        _files.ErrorOf(SettingsTestFiles.Pipeline + "\nstitch: x\ndevice: []\nbacth: 1").Split('\n'));

    [Theory]
    [InlineData("a: [1, 2", "p.yaml:2:1: this is not YAML: ")]
    [InlineData("a: 1\n\tb: 2", "p.yaml:1:4: this is not YAML: ")]
    [InlineData("- 1", "p.yaml:1:1: expected 'key: value' lines, found a list")]
    [InlineData("a: 1\n---\nb: 2", "p.yaml:2:1: a second document begins here; a settings file holds one")]
    [InlineData("a: *b", "p.yaml:1:4: no anchor '&b' stands before this")]
    public void WhatIsNotASettingsFile(string yaml, string error) => Assert.StartsWith(error, _files.ErrorOf(yaml), StringComparison.Ordinal);

    [Fact]
    public void DeepNestingIsRefused() => Assert.Equal("p.yaml:1:36: nested more than 32 deep", _files.ErrorOf("a: " + new string('[', 40_000)));

    [Theory]
    [InlineData("- name: a\n    path: a.tif\n    bands: [1]\n  - path: b.tif\n    bands: [1]", "p.yaml:5:5: the key 'inputs.1.name' is missing: name the product, such as rvb")]
    [InlineData("- name: a\n    path: a.tif\n    bands: [1]\n  - name: a\n    path: b.tif\n    bands: [1]", "p.yaml:5:11: two products are named 'a'")]
    [InlineData("- name: a\n    path: a.tif", "p.yaml:2:5: the key 'inputs.0.bands' is missing: list the bands that the model takes, such as [1, 2, 3]")]
    [InlineData("- name: a\n    bands: [1]", "p.yaml:2:5: the key 'inputs.0.path' is missing: give rasters, directories or globs, or 'surface' and 'terrain' for a height")]
    [InlineData("- name: h\n    surface: a\n    bands: [1]", "p.yaml:4:5: unknown key 'bands' under 'inputs.0'; valid: name, surface, terrain, unit")]
    [InlineData("- name: h\n    terrain: a", "p.yaml:2:5: the key 'inputs.0.surface' is missing: a height needs a surface model")]
    [InlineData("- name: h\n    surface: a\n    unit: 0", "p.yaml:4:11: 'unit' must be more than 0 metres")]
    [InlineData("- a.tif", "p.yaml:2:5: 'inputs' must be a list of products, each with a name, not a.tif")]
    public void Products(string products, string error)
    {
        var yaml = $"inputs:\n  {products}\nmodel: {{ architecture: resnet18_unet, weights: formula }}\nnormalization: {{ type: scaling }}\noutput: out";
        Assert.Equal(error, _files.ErrorOf(yaml));
    }
}
