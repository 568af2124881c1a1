using System.Security.Cryptography;

namespace Flair.Storage;

/// <summary>MD5 as storage services check it (RFC 1864), against accidents, not against attackers.</summary>
public static class ContentHash
{
    private const int Piece = 1 << 20;

    /// <summary>Of a file, as hexadecimal digits.</summary>
    public static string OfFile(string path)
    {
        using var file = File.OpenRead(path);
#pragma warning disable CA5351 // Content-MD5 is what the services verify
        return Convert.ToHexStringLower(MD5.HashData(file));
#pragma warning restore CA5351
    }

    /// <summary>Of what is to be written, as hexadecimal digits.</summary>
    public static string Of(ObjectContent content) => Convert.ToHexStringLower(BytesOf(content));

    /// <summary>Of what is to be written, 16 bytes.</summary>
    public static byte[] BytesOf(ObjectContent content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[(int)Math.Clamp(content.Length, 1, Piece)];
        for (long done = 0; done < content.Length;)
        {
            int got = content.Read(done, buffer);
            if (got == 0)
                break;
            hash.AppendData(buffer, 0, got);
            done += got;
        }

        return hash.GetHashAndReset();
    }
}
