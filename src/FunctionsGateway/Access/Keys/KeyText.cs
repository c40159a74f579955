using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace FunctionsGateway.Access.Keys;

/// <summary>A gateway key as its holder has it: <c>fgw_{id}_{256 random bits}{crc}</c>, in lower-case hexadecimal. Its own check sum tells
/// made-up and mistyped keys before anything is looked up, and scanners of code a real one.</summary>
internal static class KeyText
{
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    private const string Prefix = "fgw_";
    private const int IdLength = 16;
    private const int CheckedLength = 4 + IdLength + 1 + 64;

    /// <summary>The length of a key.</summary>
    public const int Length = CheckedLength + 8;

    /// <summary>A new key with the public part <paramref name="id"/>.</summary>
    public static string New(string id)
    {
        var text = $"{Prefix}{id}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}";
        return text + Crc(text).ToString("x8", CultureInfo.InvariantCulture);
    }

    /// <summary>A new public part.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2));

    /// <summary>Whether <paramref name="text"/> has a key's form, its check sum included.</summary>
    public static bool IsOne(string text) => TryId(text, out _);

    /// <summary>The public part of a key, as a number; false when it is none.</summary>
    public static bool TryId(string text, out ulong id)
    {
        id = 0;
        return text.Length == Length
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && text[4 + IdLength] == '_'
            && IsHex(text.AsSpan(5 + IdLength))
            && TryNumber(text.AsSpan(4, IdLength), out id)
            && uint.Parse(text.AsSpan(CheckedLength), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) == Crc(text.AsSpan(0, CheckedLength));
    }

    /// <summary>The number of a public part; false when it is none.</summary>
    public static bool TryNumber(ReadOnlySpan<char> id, out ulong number)
    {
        number = 0;
        return id.Length == IdLength && IsHex(id) && ulong.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The public part of a number.</summary>
    public static string Id(ulong number) => number.ToString("x16", CultureInfo.InvariantCulture);

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Hex);

    private static uint Crc(ReadOnlySpan<char> text)
    {
        var crc = uint.MaxValue;
        foreach (var c in text)
        {
            crc = BitOperations.Crc32C(crc, (byte)c);
        }

        return ~crc;
    }
}
