using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>Reads the secret behind a reference of the operator's settings; where secrets are kept is another room's matter.</summary>
internal delegate ValueTask<string> ReadSetting(string reference, CancellationToken cancellation);

/// <summary>The one key that may manage before there are others: <c>Gateway__Access__BootstrapKey</c> names where it is kept.</summary>
internal sealed partial class BootstrapKey(ReadSetting read, IOptions<GatewayOptions> options, ILogger<BootstrapKey> logger)
{
    private const int Shortest = 32;

    private static readonly Caller Bootstrapper = new("bootstrap", MayInvoke: true, MayManage: true);

    private readonly string? _reference = options.Value.Access.BootstrapKey is { Length: > 0 } reference ? reference : null;

    /// <summary>The caller when <paramref name="credential"/> is the key, else null.</summary>
    /// <exception cref="GatewayException">503: the key cannot be read.</exception>
    public async ValueTask<Caller?> FindAsync(string credential, CancellationToken cancellation)
    {
        if (_reference is null || credential.Length < Shortest)
        {
            return null;
        }

        var key = await read(_reference, cancellation);
        if (key.Length < Shortest)
        {
            LogTooShort(Shortest);
            return null;
        }

        return CryptographicOperations.FixedTimeEquals(Hash(key), Hash(credential)) ? Bootstrapper : null;
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [LoggerMessage(101, LogLevel.Error, "The secret that Gateway__Access__BootstrapKey names has fewer than {Shortest} characters and is not taken as a key.")]
    private partial void LogTooShort(int shortest);
}
