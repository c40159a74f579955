using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using FunctionsGateway.Errors;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access.Entra;

/// <summary>Reads the document with an issuer's public keys; how calls go out is another room's matter.</summary>
internal delegate Task<byte[]> FetchKeySet(Uri address, CancellationToken cancellation);

/// <summary>The tenant's public keys: kept for a day, read anew in the background every twelve hours, and once a minute when a token names one that is not there.</summary>
internal sealed class KeySet(FetchKeySet fetch, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int LeastModulus = 2048 / 8;

    private static readonly TimeSpan LongestFetch = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenFetches = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(12);
    private static readonly TimeSpan StaleFor = TimeSpan.FromDays(1);

    private readonly Uri _address = new(options.Value.Access.Entra.KeysUrl is { Length: > 0 } set
        ? set
        : $"https://login.microsoftonline.com/{options.Value.Access.Entra.TenantId}/discovery/v2.0/keys");
    private readonly Lock _gate = new();
    private Seen? _seen;
    private Task? _fetching;
    private long? _fetchedAt;

    /// <summary>The key of an identifier; null when the tenant has none such.</summary>
    /// <exception cref="GatewayException">503: the keys cannot be read, and none are known.</exception>
    public async ValueTask<RSAParameters?> FindAsync(string id, CancellationToken cancellation)
    {
        if (Known(id) is { } known)
        {
            if (time.GetElapsedTime(_seen!.At) > FreshFor)
            {
                _ = Fetching();
            }

            return known;
        }

        await Fetching().WaitAsync(cancellation);
        return Known(id) ?? (IsUsable(Volatile.Read(ref _seen)) ? null
            : throw new GatewayException(503, "The keys of the identity provider cannot be read.") { Code = "identity_provider_unavailable", RetryAfter = BetweenFetches });
    }

    private RSAParameters? Known(string id) =>
        Volatile.Read(ref _seen) is { } seen && IsUsable(seen) && seen.Keys.TryGetValue(id, out var key) ? key : null;

    private bool IsUsable(Seen? seen) => seen is not null && time.GetElapsedTime(seen.At) < StaleFor;

    private Task Fetching()
    {
        lock (_gate)
        {
            if (_fetching is { IsCompleted: false })
            {
                return _fetching;
            }

            if (_fetchedAt is { } last && time.GetElapsedTime(last) < BetweenFetches)
            {
                return Task.CompletedTask;
            }

            _fetchedAt = time.GetTimestamp();
            return _fetching = Task.Run(FetchAsync);
        }
    }

    private async Task FetchAsync()
    {
        var asked = time.GetTimestamp();
        using var limit = new CancellationTokenSource(LongestFetch, time);
        try
        {
            var keys = Read(await fetch(_address, limit.Token));
            if (keys.Count > 0)
            {
                Volatile.Write(ref _seen, new Seen(keys, asked));
            }
        }
#pragma warning disable CA1031 // whatever goes wrong on the way, the keys that are known go on serving, and who needs others is told so
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private static FrozenDictionary<string, RSAParameters> Read(byte[] document)
    {
        using var json = JsonDocument.Parse(document);
        var keys = new Dictionary<string, RSAParameters>(StringComparer.Ordinal);
        foreach (var key in json.RootElement.GetProperty("keys").EnumerateArray())
        {
            if (Text(key, "kty") == "RSA" && Text(key, "use") is null or "sig" && Text(key, "kid") is { Length: > 0 } id && Bytes(key, "n") is { } modulus && Bytes(key, "e") is { } exponent
                && modulus.AsSpan().TrimStart((byte)0).Length >= LeastModulus)
            {
                keys[id] = new RSAParameters { Modulus = modulus, Exponent = exponent };
            }
        }

        return keys.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string? Text(JsonElement key, string name) => key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement key, string name) => Text(key, name) is { Length: > 0 } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    private sealed record Seen(FrozenDictionary<string, RSAParameters> Keys, long At);
}
