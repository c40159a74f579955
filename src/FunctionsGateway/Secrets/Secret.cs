using System.Security.Cryptography;
using System.Text;

namespace FunctionsGateway.Secrets;

/// <summary>A key in memory. Its text form says nothing; only the signer asks for the value.</summary>
/// <param name="value">The key.</param>
/// <param name="origin">The only scheme and host that it may be sent to, as the vault's tag <c>gateway-origin</c> has it; null when its name alone admitted it.</param>
internal sealed class Secret(string value, string? origin = null)
{
    private byte[]? _bytes;

    /// <summary>The only scheme and host (and port) that the key may be sent to; null when its name alone admitted it.</summary>
    public string? Origin { get; } = origin?.TrimEnd('/');

    /// <summary>The keys that it was made from, where it is not itself kept anywhere: a token.</summary>
    public IReadOnlyList<SourceKey> MadeFrom { get; init; } = [];

    /// <summary>The origin of an address, as it is written in the tag: <c>https://api.openai.com</c>, the port only where it is not the scheme's own.</summary>
    public static string OriginOf(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>The key itself: to be put into a request's header and nowhere else.</summary>
    public string Reveal() => value;

    /// <summary>The key in UTF-8: to be looked for in what a provider answers.</summary>
    public byte[] RevealBytes() => _bytes ??= Encoding.UTF8.GetBytes(value);

    /// <summary>Whether both are the same key; takes the same time whatever differs.</summary>
    public bool IsSame(Secret other) =>
        CryptographicOperations.FixedTimeEquals(RevealBytes(), other.RevealBytes());

    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>A key from which a credential was made.</summary>
/// <param name="Reference">What the route stores.</param>
/// <param name="Key">What that meant.</param>
internal sealed record SourceKey(string Reference, Secret Key);
