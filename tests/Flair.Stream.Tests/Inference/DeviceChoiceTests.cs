using Flair.Inference;

namespace Flair.Tests.Inference;

public sealed class DeviceChoiceTests
{
    [Theory]
    [InlineData("auto", 0, "cpu", "cpu")]
    [InlineData("auto", 1, "cuda", "cuda:0")]
    [InlineData("auto", 3, "cuda", "cuda:0 cuda:1 cuda:2")]
    [InlineData("cuda", 2, "cuda", "cuda:0 cuda:1")]
    [InlineData("cuda:1", 4, "cuda:1", "cuda:1")]
    [InlineData("cpu", 4, "cpu", "cpu")]
    public void A_name_stands_for_devices(string asked, int there, string resolved, string devices)
    {
        Assert.Equal(resolved, DeviceChoice.Resolve(asked, () => there));
        Assert.Equal(devices, string.Join(' ', DeviceChoice.Of(resolved, () => there)));
    }

    [Theory]
    [InlineData("cpu", 2, "cpu (8 threads)")]
    [InlineData("cuda", 1, "cuda")]
    [InlineData("cuda", 2, "cuda (2 GPUs)")]
    [InlineData("cuda:1", 2, "cuda:1")]
    public void A_person_reads_how_many(string device, int there, string words) => Assert.Equal(words, DeviceChoice.InWords(device, 8, () => there));
}
