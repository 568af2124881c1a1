using Flair.Shared;

namespace Flair.Torch.Tests;

public sealed class NativeLocatorTests
{
    [Fact]
    public void A_library_that_is_there_but_cannot_be_loaded_is_named_with_the_loaders_reason()
    {
        var name = $"lib{Guid.NewGuid():N}.so";
        var path = Path.Combine(AppContext.BaseDirectory, name);
        File.WriteAllText(path, "no library");
        try
        {
            var error = Assert.Throws<DllNotFoundException>(() => NativeLocator.Load("that", [name]));
            Assert.Contains($"{path}: file too short", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_library_that_is_nowhere_is_named()
    {
        var name = $"lib{Guid.NewGuid():N}.so";
        var error = Assert.Throws<DllNotFoundException>(() => NativeLocator.Load("that", [name]));
        Assert.Contains($"tried {name}", error.Message, StringComparison.Ordinal);
        Assert.Contains("No such file or directory; run scripts/install", error.Message, StringComparison.Ordinal);
    }
}
