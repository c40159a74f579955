using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>Reads the secret behind a reference of the operator's settings, where it is kept; null when there is none. What it throws means that nobody can tell.</summary>
internal delegate Task<string?> ReadSetting(string reference, CancellationToken cancellation);

/// <summary>The one key that may manage before there are others: <c>Gateway__Access__BootstrapKey</c> names where it is kept. What is known of it is
/// never older than 30 s, as of every key.</summary>
/// <remarks>It has a form, so that nobody else waits for the vault, or is told that it is down: 32 to 512 visible ASCII characters that do not begin as keys
/// and tokens of other kinds do. Where there is no such secret, or none of that form, everybody is refused (401); while the vault does not answer,
/// who shows a credential of that form is told so (503): it may well be the key.</remarks>
internal sealed partial class BootstrapKey
{
    private const int Shortest = 32;
    private const int Longest = 512;

    private static readonly Caller Bootstrapper = new("bootstrap", MayInvoke: true, MayManage: true);
    private static readonly SearchValues<char> Visible = SearchValues.Create([.. Enumerable.Range(0x21, 0x5E).Select(code => (char)code)]);

    // Gateway keys, tokens, and the keys of providers that clients send to the wrong door.
    private static readonly string[] Foreign = ["fgw_", "eyJ", "sk-", "gsk_", "AIza", "xai-", "hf_"];

    private readonly ReadSetting _read;
    private readonly ILogger<BootstrapKey> _logger;
    private readonly string? _reference;
    private readonly Fresh<byte[]?> _hash;

    /// <summary>Reads nothing yet.</summary>
    public BootstrapKey(ReadSetting read, IOptions<GatewayOptions> options, TimeProvider time, ILogger<BootstrapKey> logger)
    {
        (_read, _logger) = (read, logger);
        _reference = options.Value.Access.BootstrapKey is { Length: > 0 } reference ? reference : null;
        _hash = new(ReadAsync, Unanswered, time, rest: TimeSpan.FromSeconds(5));
    }

    /// <summary>The caller when <paramref name="credential"/> is the key, else null.</summary>
    /// <exception cref="GatewayException">503: it may be, and the vault does not answer.</exception>
    public async ValueTask<Caller?> FindAsync(string credential, CancellationToken cancellation) =>
        _reference is not null && HasForm(credential) && await _hash.GetAsync(cancellation) is { } hash && CryptographicOperations.FixedTimeEquals(hash, Hash(credential))
            ? Bootstrapper
            : null;

    private async Task<byte[]?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            var key = await _read(_reference!, cancellation);
            if (key is null)
            {
                LogMissing();
            }
            else if (!HasForm(key))
            {
                LogMalformed(Shortest, Longest, string.Join(", ", Foreign));
                key = null;
            }

            return key is null ? null : Hash(key);
        }
#pragma warning disable CA1031 // whatever a vault's client throws, it is the caller's 503
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            throw Unanswered();
        }
    }

    private static bool HasForm(string text) =>
        text.Length is >= Shortest and <= Longest && !text.AsSpan().ContainsAnyExcept(Visible) && !Array.Exists(Foreign, prefix => text.StartsWith(prefix, StringComparison.Ordinal));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static GatewayException Unanswered() =>
        new(503, "The vault that could tell whether the credential is valid does not answer. Try again.") { Code = "vault_unavailable", RetryAfter = TimeSpan.FromSeconds(5) };

    [LoggerMessage(101, LogLevel.Error, "The secret that Gateway__Access__BootstrapKey names is not taken as a key: make one of {Shortest} to {Longest} visible ASCII characters that begins with none of {Foreign}.")]
    private partial void LogMalformed(int shortest, int longest, string foreign);

    [LoggerMessage(102, LogLevel.Warning, "There is no secret where Gateway__Access__BootstrapKey says, so that nobody has this key.")]
    private partial void LogMissing();
}
