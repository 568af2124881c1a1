using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Flair.Tests.Simulation;

/// <summary>
/// Chance without state: each draw is a hash of the seed and of the name of what is drawn, so that it does not depend on what was drawn before, nor
/// on the order in which threads come.
/// </summary>
internal sealed class Dice(int seed)
{
    /// <summary>A number from 0 to 1, 1 excluded.</summary>
    public double Share(string name) => Draw(name) / (1.0 + uint.MaxValue);

    /// <summary>A number from 0 to <paramref name="count"/>, that excluded.</summary>
    public int Index(string name, int count) => (int)(Draw(name) % (uint)count);

    /// <summary>One of several.</summary>
    public T Of<T>(string name, params ReadOnlySpan<T> choices) => choices[Index(name, choices.Length)];

    private uint Draw(string name) => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {name}")));
}
