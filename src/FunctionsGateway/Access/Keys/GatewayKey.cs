using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace FunctionsGateway.Access.Keys;

/// <summary>A gateway key as it is stored: everything but the key.</summary>
internal sealed record GatewayKey
{
    /// <summary>The public part: 16 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>What the manager calls it.</summary>
    public string? Name { get; init; }

    /// <summary>Whose calls it makes: the <c>user</c> of limits.</summary>
    public string Owner { get; init; } = "";

    /// <summary><see cref="Policies.Invoke"/>, <see cref="Policies.Manage"/>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The routes that it may use; null for all.</summary>
    public IReadOnlyList<string>? Routes { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether it is refused.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>What tells the key.</summary>
    public required KeyHash Hash { get; init; }

    /// <summary>What tells the key that it had before its rotation; null when there is none.</summary>
    public KeyHash? Former { get; init; }

    /// <summary>Until when the former key works.</summary>
    public DateTimeOffset? FormerUntil { get; init; }

    /// <summary>The row's ETag; empty before it is stored.</summary>
    public string ETag { get; init; } = "";

    /// <summary>Whether <paramref name="text"/> is this key, and works now.</summary>
    public bool Admits(string text, DateTimeOffset now) =>
        !IsDisabled && !(ExpiresAt <= now) && (Hash.IsOf(text) || (now < FormerUntil && Former?.IsOf(text) == true));

    /// <summary>Who calls with it.</summary>
    public Caller ToCaller() => new(Owner, Roles.Contains(Policies.Invoke), Roles.Contains(Policies.Manage))
    {
        Routes = Routes?.ToFrozenSet(StringComparer.Ordinal),
    };
}

/// <summary>A salted SHA-256. The key is random: a slow derivation would cost every call and stop nobody.</summary>
/// <param name="Salt">16 random bytes.</param>
/// <param name="Value">The hash of salt and key.</param>
internal sealed record KeyHash(byte[] Salt, byte[] Value)
{
    private const int SaltLength = 16;

    /// <summary>The hash of a new key.</summary>
    public static KeyHash Of(string text)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var hash = new byte[SHA256.HashSizeInBytes];
        Compute(salt, text, hash);
        return new KeyHash(salt, hash);
    }

    /// <summary>Whether <paramref name="text"/> is the key; takes the same time whatever differs.</summary>
    public bool IsOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Compute(Salt, text, hash);
        return CryptographicOperations.FixedTimeEquals(hash, Value);
    }

    private static void Compute(byte[] salt, string text, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[SaltLength + KeyText.Length];
        salt.CopyTo(input);
        SHA256.HashData(input[..(SaltLength + Encoding.ASCII.GetBytes(text, input[SaltLength..]))], hash);
    }
}
