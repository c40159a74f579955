using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream;

/// <summary>Finds a key in bytes that come from a provider, also where JSON's escapes stand for some of its characters, and overwrites it.</summary>
internal sealed class KeyMask
{
    // What a provider needs no key for is given a word in its place, which answers may well hold.
    private const int Shortest = 16;
    private const int LongestCharacter = 6;

    private readonly byte[] _key;

    private KeyMask(byte[] key) => _key = key;

    /// <summary>The mask of <paramref name="key"/>; null for one that is too short to be told from a word: below 16 characters.</summary>
    public static KeyMask? Of(Secret? key) => key?.Reveal().Length >= Shortest ? new(key.RevealBytes()) : null;

    /// <summary>Overwrites the key wherever it stands in <paramref name="bytes"/>.</summary>
    public void Cover(Span<byte> bytes)
    {
        for (var rest = bytes; rest.IndexOf(_key) is var at and >= 0; rest = rest[(at + _key.Length)..])
        {
            rest.Slice(at, _key.Length).Fill((byte)'*');
        }

        // Escapes of what a key is made of are rare: only where there are any, they are looked into.
        if (bytes.IndexOf("\\u00"u8) >= 0 || bytes.IndexOf("\\/"u8) >= 0)
        {
            CoverEscaped(bytes);
        }
    }

    /// <summary>How many bytes at the end of <paramref name="bytes"/> could be the beginning of the key.</summary>
    public int Held(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes[Math.Max(0, bytes.Length - (_key.Length * LongestCharacter) + 1)..];
        while (rest.IndexOfAny(_key[0], (byte)'\\') is var at and >= 0)
        {
            rest = rest[at..];
            if (Match(rest) < 0)
            {
                return rest.Length;
            }

            rest = rest[1..];
        }

        return 0;
    }

    private void CoverEscaped(Span<byte> bytes)
    {
        for (var rest = bytes; rest.IndexOfAny(_key[0], (byte)'\\') is var at and >= 0;)
        {
            rest = rest[at..];
            var length = Match(rest);
            if (length > 0)
            {
                rest[..length].Fill((byte)'*');
            }

            rest = rest[Math.Max(length, 1)..];
        }
    }

    // How many bytes at the beginning are the key; 0 when it is not there, -1 when the bytes end within it.
    private int Match(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        foreach (var expected in _key)
        {
            if (at == bytes.Length)
            {
                return -1;
            }

            if (bytes[at] == expected)
            {
                at++;
                continue;
            }

            if (bytes[at] != '\\')
            {
                return 0;
            }

            var escape = bytes[at..];
            if (escape.Length == 1)
            {
                return -1;
            }

            if (escape[1] == 'u')
            {
                if (escape.Length < LongestCharacter)
                {
                    return -1;
                }

                if (!IsEscaped(escape[2..LongestCharacter], expected))
                {
                    return 0;
                }

                at += LongestCharacter;
            }
            else if (escape[1] == '/' && expected == '/')
            {
                at += 2;
            }
            else
            {
                return 0;
            }
        }

        return at;
    }

    private static bool IsEscaped(ReadOnlySpan<byte> digits, byte expected) =>
        digits[0] == '0' && digits[1] == '0' && Digit(digits[2]) is >= 0 and var high && Digit(digits[3]) is >= 0 and var low && (high << 4) + low == expected;

    private static int Digit(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
