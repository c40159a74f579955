using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FunctionsGateway.Limits.Counting;

/// <summary>Which counter: never the limit's number, so that changing it refills nothing (spec/decisions.md §3).</summary>
/// <param name="Route">The route's name.</param>
/// <param name="Period">The window.</param>
/// <param name="Resource">What is counted.</param>
/// <param name="KeyKind">Whose calls are counted together.</param>
/// <param name="Key">The caller's id; empty for the whole route.</param>
internal readonly record struct CounterIdentity(string Route, WindowPeriod Period, LimitResource Resource, LimitKey KeyKind, string Key)
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The counter of <paramref name="rule"/> on a route for a caller.</summary>
    public static CounterIdentity Of(string route, LimitRule rule, string callerId) =>
        new(route, rule.Period, rule.Resource, rule.KeyKind, rule.KeyKind == LimitKey.User ? callerId : "");

    /// <summary>The row's partition: Base32 of SHA-256 of the parts, each prefixed with its length so that no two identities run together.</summary>
    public string PartitionKey()
    {
        string[] parts = [Route, Period.ToString(), Resource == LimitResource.Tokens ? "tokens" : "calls", KeyKind == LimitKey.User ? "user" : "route", Key];
        var bytes = new List<byte>();
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var text = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
            bytes.AddRange(length);
            bytes.AddRange(text);
        }

        return Base32(SHA256.HashData(bytes.ToArray()));
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        int buffer = 0, bits = 0;
        foreach (var value in bytes)
        {
            buffer = ((buffer << 8) | value) & 0xFFF;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text.Append(Digits[(buffer >> (bits - 5)) & 31]);
            }
        }

        return bits == 0 ? text.ToString() : text.Append(Digits[(buffer << (5 - bits)) & 31]).ToString();
    }
}
