using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access.Entra;

/// <summary>Entra ID's access tokens. Everything that is wrong with one is 401, whatever it is; what cannot be told is 503 (spec/decisions.md §4).</summary>
internal sealed class EntraTokens(KeySet keys, RoleMap roles, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int Longest = 16 * 1024;

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    private readonly FrozenSet<string> _issuers = Issuers(options.Value.Access.Entra);
    private readonly FrozenSet<string> _audiences = Exact(options.Value.Access.Entra.Audiences);
    private readonly TokenMemory _memory = new(time);

    /// <summary>Whether such tokens are taken at all.</summary>
    public bool IsOn => _issuers.Count > 0 && _audiences.Count > 0;

    /// <summary>Whether <paramref name="credential"/> has the shape of one: three parts, the first a JSON object.</summary>
    public static bool IsOne(string credential) => credential.StartsWith("eyJ", StringComparison.Ordinal) && credential.AsSpan().Count('.') == 2;

    /// <summary>The caller whom the token names; null when anything is wrong with it.</summary>
    public ValueTask<Caller?> FindAsync(string token, CancellationToken cancellation)
    {
        if (token.Length > Longest || !IsOne(token))
        {
            return default;
        }

        var mark = TokenMemory.MarkOf(token);
        return _memory.Find(mark) is { } known ? ValueTask.FromResult<Caller?>(known) : VerifyAsync(token, mark, cancellation);
    }

    private async ValueTask<Caller?> VerifyAsync(string token, TokenMemory.Mark mark, CancellationToken cancellation)
    {
        try
        {
            var parts = token.Split('.');
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]), Strict);
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]), Strict);
            // Nothing is fetched for a token that could not be ours.
            if (Text(header, "alg") != "RS256" || header.RootElement.TryGetProperty("crit", out _) || Text(header, "kid") is not { Length: > 0 } id
                || Text(claims, "iss") is not { } issuer || !_issuers.Contains(issuer)
                || await keys.FindAsync(id, cancellation) is not { } key)
            {
                return null;
            }

            using var rsa = RSA.Create(key);
            if (!rsa.VerifyData(Encoding.ASCII.GetBytes(token, 0, token.LastIndexOf('.')), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            {
                return null;
            }

            var now = time.GetUtcNow();
            if (!IsForUs(claims.RootElement) || Time(claims, "exp") is not { } expires || now >= expires + Skew
                || (claims.RootElement.TryGetProperty("nbf", out _) && !(Time(claims, "nbf") <= now + Skew))
                || (Text(claims, "oid") ?? Text(claims, "sub")) is not { Length: > 0 } subject)
            {
                return null;
            }

            var caller = roles.CallerOf(subject, [.. List(claims, "roles"), .. List(claims, "groups")]);
            _memory.Keep(mark, caller, expires + Skew);
            return caller;
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or InvalidOperationException or CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private bool IsForUs(JsonElement claims) => claims.TryGetProperty("aud", out var audience) && audience.ValueKind switch
    {
        JsonValueKind.String => _audiences.Contains(audience.GetString()!),
        JsonValueKind.Array => audience.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && _audiences.Contains(one.GetString()!)),
        _ => false,
    };

    private static DateTimeOffset? Time(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is >= 0 and < 253_402_300_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string> List(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)
            : [];

    private static FrozenSet<string> Issuers(EntraSettings settings) =>
        settings.Issuers.Length > 0 || string.IsNullOrEmpty(settings.TenantId)
            ? Exact(settings.Issuers)
            : Exact($"https://login.microsoftonline.com/{settings.TenantId}/v2.0,https://sts.windows.net/{settings.TenantId}/");

    private static FrozenSet<string> Exact(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.Ordinal);
}
