using System.Buffers;
using FunctionsGateway.Errors;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Secrets;

/// <summary>Keeps the literal keys that callers send in the gateway's own vault, so that routes hold references only.</summary>
internal sealed partial class OwnVault(ISecretStore store, SecretResolver resolver, ILogger<OwnVault> logger)
{
    private const string Prefix = "gw-";
    private const int IdLength = 32;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether a secret's name has exactly the form of those that <see cref="WriteAsync"/> makes, so that it can be the gateway's own.</summary>
    public static bool IsOwn(string name) =>
        name.Length == Prefix.Length + IdLength && name.StartsWith(Prefix, StringComparison.Ordinal) && !name.AsSpan(Prefix.Length).ContainsAnyExcept(Hex);

    /// <summary>Whether there is such a vault.</summary>
    public bool IsOpen => store.CanWrite;

    /// <summary>Writes a key that may be sent to <paramref name="origin"/> only; the name of the secret, which no other ever had.</summary>
    /// <exception cref="GatewayException">503: the vault did not take it.</exception>
    public async Task<string> WriteAsync(string key, string origin, CancellationToken cancellation)
    {
        var name = Prefix + GatewayIds.New();
        try
        {
            // Who left must not leave a secret behind whose name nobody knows.
            cancellation.ThrowIfCancellationRequested();
            await store.WriteAsync(name, key, origin, CancellationToken.None);
            return name;
        }
        catch (SecretStoreException failure)
        {
            throw new GatewayException(503, "The key could not be stored: the vault does not answer. Nothing was changed; try again.") { Code = "vault_unavailable", RetryAfter = failure.RetryAfter };
        }
    }

    /// <summary>Removes secrets that <see cref="WriteAsync"/> wrote; what fails is logged and stays in the vault, unused.</summary>
    public async Task RemoveAsync(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            resolver.Forget(SecretReference.ToOwn(name));
            try
            {
                // Not the caller's token: the route is gone already, and the caller may be.
                await store.RemoveAsync(name, CancellationToken.None);
            }
            catch (SecretStoreException failure)
            {
                LogLeft(name, failure.Message);
            }
        }
    }

    [LoggerMessage(201, LogLevel.Warning, "The secret {Name} is used no more but could not be removed from the vault: {Reason}")]
    private partial void LogLeft(string name, string reason);
}
