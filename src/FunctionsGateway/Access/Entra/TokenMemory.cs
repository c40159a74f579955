using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace FunctionsGateway.Access.Entra;

/// <summary>The tokens that were verified lately, by the SHA-256 of the whole token: a part of it would let another token pass for it.</summary>
internal sealed class TokenMemory(TimeProvider time)
{
    private const int Most = 10_000;

    // So that a key that the tenant has taken back counts no longer than this.
    private static readonly TimeSpan LongestKept = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Mark, (Caller Caller, DateTimeOffset Until)> _known = new();

    /// <summary>What tells a token.</summary>
    public static Mark MarkOf(string token)
    {
        Span<byte> bytes = token.Length <= 4096 ? stackalloc byte[token.Length * 3] : new byte[token.Length * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(token, bytes)], hash);
        return new Mark(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]), BitConverter.ToUInt64(hash[16..]), BitConverter.ToUInt64(hash[24..]));
    }

    /// <summary>The caller of a token that was kept; null when it is not, or no more.</summary>
    public Caller? Find(Mark mark) => _known.TryGetValue(mark, out var known) && time.GetUtcNow() < known.Until ? known.Caller : null;

    /// <summary>Keeps a verified token.</summary>
    public void Keep(Mark mark, Caller caller, DateTimeOffset ends)
    {
        var now = time.GetUtcNow();
        if (_known.Count >= Most)
        {
            foreach (var (old, _) in _known.Where(entry => entry.Value.Until <= now))
            {
                _known.TryRemove(old, out _);
            }

            if (_known.Count >= Most)
            {
                _known.Clear();
            }
        }

        _known[mark] = (caller, ends < now + LongestKept ? ends : now + LongestKept);
    }

    /// <summary>A SHA-256.</summary>
    internal readonly record struct Mark(ulong A, ulong B, ulong C, ulong D);
}
