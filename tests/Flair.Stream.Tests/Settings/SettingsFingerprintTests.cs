using System.Security.Cryptography;
using System.Text;
using Flair.Settings;

namespace Flair.Tests.Settings;

public sealed class SettingsFingerprintTests : IDisposable
{
    private readonly SettingsTestFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("bands=[1, 3, 2]")]
    [InlineData("normalization.type=without")]
    [InlineData("normalization={ type: custom, means: [0, 0, 0], stds: [1, 1, 1] }")]
    [InlineData("window.size=544")]
    [InlineData("window.margin=64")]
    [InlineData("stitch=crop")]
    [InlineData("outputs.probabilities=true")]
    [InlineData("outputs.confidence=true")]
    [InlineData("nodata.value=none")]
    [InlineData("nodata.solid=1")]
    [InlineData("precision=bf16")]
    [InlineData("batch=5")]
    [InlineData("crs=EPSG:2154")]
    [InlineData("device=cpu")]
    public void WhatChangesAPixelChangesIt(string set) => Assert.NotEqual(Of(), Of(set));

    [Theory]
    [InlineData("input=other.tif")]
    [InlineData("output=other")]
    [InlineData("resources.threads=1")]
    [InlineData("resources.readers=1")]
    [InlineData("resources.attempts=9")]
    public void WhatChangesNoPixelLeavesIt(string set) => Assert.Equal(Of(), Of(set));

    [Fact]
    public void TheUnitOfAHeightChangesIt()
    {
        const string yaml = "inputs: [{ name: h, surface: a, terrain: b }]\nmodel: { architecture: resnet18_unet, weights: formula }\nnormalization: { type: scaling }\noutput: out";
        Assert.NotEqual(SettingsFingerprint.Of(_files.Parse(yaml)), SettingsFingerprint.Of(_files.Parse(yaml, new() { Sets = ["inputs.h.unit=0.25"] })));
    }

    [Fact]
    public void TheNumberOfTheDeviceLeavesIt()
    {
        var settings = _files.Parse(SettingsTestFiles.Pipeline);
        Assert.Equal(SettingsFingerprint.Of(settings, "cuda:0"), SettingsFingerprint.Of(settings, "cuda:1"));
        Assert.NotEqual(SettingsFingerprint.Of(settings, "cuda:0"), SettingsFingerprint.Of(settings, "cpu"));
    }

    // It is in the records of every finished tile: when this test fails, no output directory of an earlier version can be resumed.
    [Theory]
    [InlineData("auto", 1)]
    [InlineData("fp32", 1)]
    [InlineData("bf16", 2)]
    [InlineData("int8", 2)]
    public void ItStaysTheSameFromVersionToVersion(string precision, int algorithm)
    {
        var text = $"settings {algorithm}\nbands [1, 2, 3]\ncrs \nnormalization scaling\nmeans []\nstds []\nwindow 512 128\nbatch 4\nstitch blend\noutputs True False False\nnodata auto 32\nprecision {precision}\ndevice cpu\nslicing lattice";
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), SettingsFingerprint.Of(_files.Parse(SettingsTestFiles.Pipeline, new() { Sets = [$"precision={precision}"] }), "cpu"));
    }

    private string Of(params string[] sets) => SettingsFingerprint.Of(_files.Parse(SettingsTestFiles.Pipeline, new() { Sets = sets }));
}
