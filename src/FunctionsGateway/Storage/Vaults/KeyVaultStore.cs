using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Security.KeyVault.Secrets;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Storage.Vaults;

/// <summary>The secrets of Azure Key Vault: the operator's vault, which is only read, and the gateway's own.</summary>
/// <param name="settings">The vaults' addresses.</param>
/// <param name="identity">Who reads them.</param>
/// <param name="options">How the client sends; a test's transport.</param>
internal sealed class KeyVaultStore(KeyVaultSettings settings, Lazy<TokenCredential> identity, SecretClientOptions options) : ISecretStore
{
    private const string OriginTag = "gateway-origin";

    private readonly Lazy<SecretClient>? _operators = Client(settings.Uri, identity, options);
    private readonly Lazy<SecretClient>? _own = Client(settings.WriteUri, identity, options);

    /// <summary>No retries in the client: one that waits as a throttled vault asks would keep callers from the value in memory.</summary>
    public static SecretClientOptions Options()
    {
        var options = new SecretClientOptions();
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(5);
        return options;
    }

    /// <inheritdoc/>
    public bool CanRead => _operators is not null || _own is not null;

    /// <inheritdoc/>
    public bool CanWrite => _own is not null;

    /// <inheritdoc/>
    public bool Knows(Uri vault) => IsAt(vault, settings.Uri) || IsAt(vault, settings.WriteUri);

    /// <inheritdoc/>
    public async Task<StoredSecret?> ReadAsync(SecretReference.Vaulted secret, CancellationToken cancellation)
    {
        try
        {
            var answer = await Of(secret).GetSecretAsync(secret.Name, secret.Version, cancellation);
            return new StoredSecret(answer.Value.Value, answer.Value.Properties.Tags.TryGetValue(OriginTag, out var origin) ? origin : null);
        }
        catch (RequestFailedException refusal) when (refusal.Status == 404 || (refusal.Status == 403 && refusal.Message.Contains("SecretDisabled", StringComparison.Ordinal)))
        {
            return null;
        }
        catch (Exception failure) when (IsFailure(failure, cancellation))
        {
            throw Failed(failure);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string name, string value, string origin, CancellationToken cancellation)
    {
        try
        {
            var secret = new KeyVaultSecret(name, value);
            secret.Properties.ContentType = "text/plain";
            secret.Properties.Tags[OriginTag] = origin;
            await Own.SetSecretAsync(secret, cancellation);
        }
        catch (Exception failure) when (IsFailure(failure, cancellation))
        {
            throw Failed(failure);
        }
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string name, CancellationToken cancellation)
    {
        try
        {
            await Own.StartDeleteSecretAsync(name, cancellation);
        }
        catch (RequestFailedException gone) when (gone.Status == 404)
        {
            // It is what was asked for.
        }
        catch (Exception failure) when (IsFailure(failure, cancellation))
        {
            throw Failed(failure);
        }
    }

    private SecretClient Own => _own?.Value ?? throw new InvalidOperationException("The gateway has no vault to write to.");

    // A name tells whose it is; a full identifier says it.
    private SecretClient Of(SecretReference.Vaulted secret)
    {
        var isOwn = secret.Vault is { } vault ? IsAt(vault, settings.WriteUri) : _operators is null || (_own is not null && OwnVault.IsOwn(secret.Name));
        return isOwn ? Own : _operators!.Value;
    }

    private static bool IsAt(Uri vault, string? address) =>
        !string.IsNullOrEmpty(address) && Uri.Compare(vault, new Uri(address), UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    // The client throws the last when a vault asks for a token of another domain than its own.
    private static bool IsFailure(Exception failure, CancellationToken cancellation) =>
        failure is RequestFailedException or AuthenticationFailedException or HttpRequestException or IOException or AggregateException or InvalidOperationException
        || (failure is OperationCanceledException && !cancellation.IsCancellationRequested);

    // The texts of the vault and of the identity name secrets, tenants and addresses.
    private static SecretStoreException Failed(Exception failure) => failure switch
    {
        RequestFailedException { Status: > 0 } refusal => new($"The vault answered {refusal.Status}.", RetryAfter(refusal)),
        AuthenticationFailedException => new("The gateway's identity got no token for the vault."),
        _ => new("The vault cannot be reached."),
    };

    private static TimeSpan? RetryAfter(RequestFailedException refusal) =>
        refusal.GetRawResponse()?.Headers.TryGetValue("Retry-After", out var text) == true && int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 86_400
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static Lazy<SecretClient>? Client(string? address, Lazy<TokenCredential> identity, SecretClientOptions options) =>
        string.IsNullOrEmpty(address) ? null : new(() => new SecretClient(new Uri(address), identity.Value, options));
}
