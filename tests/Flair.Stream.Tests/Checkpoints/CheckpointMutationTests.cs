using System.Diagnostics;
using Flair.Checkpoints;

namespace Flair.Tests.Checkpoints;

/// <summary>Damaged files end in tensors or in a <see cref="FlairException"/>, soon and in little memory. Seeded, so that a failure can be repeated.</summary>
public sealed class CheckpointMutationTests
{
    [Theory]
    [InlineData("tensors.pth")]
    [InlineData("tensors_legacy.pth")]
    [InlineData("lightning.ckpt")]
    [InlineData("tensors.safetensors")]
    [InlineData("views.pth")]
    [InlineData("views_legacy.pth")]
    [InlineData("views_deflated.pth")]
    [InlineData("views_protocol4.pt")]
    [InlineData("views.ckpt")]
    [InlineData("malicious.pth")]
    [InlineData("training.ckpt")]
    public void Every_damage_ends_in_tensors_or_one_line(string file)
    {
        var original = File.ReadAllBytes(CheckpointFixtures.PathOf(file));
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "mutated");
        var refused = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            File.WriteAllBytes(path, Mutate(original, seed));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                _ = file == "training.ckpt" ? TrainingCheckpointReader.Read(path).Weights : CheckpointReader.Read(path);
            }
            catch (FlairException error)
            {
                refused++;
                Assert.DoesNotContain('\n', error.Message);
            }
#pragma warning disable CA1031 // Any other exception is the failure that this test is for.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Assert.Fail($"{file}, seed {seed}: {error}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200 << 20, $"{file}, seed {seed}: too much memory");
            Assert.True(watch.ElapsedMilliseconds < 5000, $"{file}, seed {seed}: too slow");
        }

        Assert.True(refused > 100, $"only {refused} of 400 were noticed, so the mutations miss what matters");
    }

    private static byte[] Mutate(byte[] original, int seed)
    {
        var random = new Random(seed);
        var bytes = original.ToArray();
        if (seed % 10 == 0)
            return bytes[..random.Next(bytes.Length)];
        for (var i = 1 + random.Next(4); i > 0; i--)
        {
            var place = random.Next(bytes.Length);
            bytes[place] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(bytes[place] ^ (1 << random.Next(8))),
                _ => bytes[random.Next(bytes.Length)],
            };
        }

        return bytes;
    }
}
