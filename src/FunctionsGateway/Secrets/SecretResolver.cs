using System.Collections.Concurrent;
using FunctionsGateway.Errors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Secrets;

/// <summary>Turns what a route stores for a key into the key.</summary>
/// <remarks>No refusal holds a value; those about a vault do not even say which secret.</remarks>
internal sealed partial class SecretResolver(
    IConfiguration configuration, ISecretStore vaults, IOptions<GatewayOptions> options, TimeProvider time, ILogger<SecretResolver> logger)
{
    // An app setting keeps this text where App Service cannot read what it refers to.
    private const string Unresolved = "@Microsoft.KeyVault(";
    private const int MostSecrets = 10_000;

    private readonly ConcurrentDictionary<(string Reference, bool AnyName), CachedSecret> _known = new();
    private readonly SecretSettings _settings = options.Value.Secrets;
    private readonly SecretNames _names = new(options.Value.Secrets.Names);
    private readonly KeyFiles _files = new(options.Value.Secrets.FileRoot);

    /// <summary>The key behind <paramref name="reference"/>; without a request to anything while it is fresh.</summary>
    /// <param name="reference">What the route stores.</param>
    /// <param name="isOperators">Whether the operator's configuration file says it, which alone may name a file.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="GatewayException">503: it cannot be had.</exception>
    public ValueTask<Secret> ResolveAsync(string reference, bool isOperators, CancellationToken cancellation)
    {
        if (!SecretReference.IsMeant(reference))
        {
            return _settings.AllowInline
                ? ValueTask.FromResult(new Secret(reference))
                : throw new GatewayException(503, "The route holds a literal key, which this gateway does not use. Store a reference in the route.");
        }

        return SecretReference.Parse(reference) is SecretReference.KeyFile && !isOperators
            ? throw new GatewayException(503, "Only the operator's configuration file may name a key file.")
            : Cached(reference, anyName: false).GetAsync(cancellation);
    }

    /// <summary>The secret behind a reference of the operator's own settings, whatever its name, read where it is kept: how fresh it must be is the asker's to say.
    /// Null when there is none.</summary>
    /// <exception cref="SecretStoreException">The vault did not tell.</exception>
    public async Task<Secret?> ReadSettingAsync(string reference, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(reference, anyName: true, cancellation);
        }
        catch (GatewayException)
        {
            return null;
        }
    }

    /// <summary>The key that has taken the place of <paramref name="refused"/>; null when none has: an app setting changes with a restart only.</summary>
    public ValueTask<Secret?> RenewAsync(string reference, Secret refused, CancellationToken cancellation) =>
        !vaults.CanRead && SecretReference.Parse(reference) is SecretReference.Setting ? default
        : _known.TryGetValue((reference, false), out var cached) ? cached.RenewAsync(refused, cancellation) : default;

    /// <summary>Forgets a secret that is no more.</summary>
    public void Forget(string reference) => _known.TryRemove((reference, false), out _);

    private CachedSecret Cached(string reference, bool anyName)
    {
        if (_known.TryGetValue((reference, anyName), out var known))
        {
            return known;
        }

        if (_known.Count >= MostSecrets)
        {
            foreach (var (key, _) in _known.Where(entry => entry.Value.Age > _settings.FreshFor))
            {
                _known.TryRemove(key, out _);
            }
        }

        return _known.GetOrAdd((reference, anyName), key => new CachedSecret(token => ReadAsync(key.Reference, key.AnyName, token), _settings, time));
    }

    private async Task<Secret> ReadAsync(string reference, bool anyName, CancellationToken cancellation) => SecretReference.Parse(reference) switch
    {
        SecretReference.Setting setting => await ReadAsync(setting, anyName, cancellation),
        SecretReference.Vaulted vaulted => await ReadAsync(vaulted, anyName, cancellation) ?? throw Missing(),
        SecretReference.KeyFile file => await _files.ReadAsync(file.Path, cancellation),
        _ => throw new GatewayException(503, "The route's key is no reference that this gateway knows. Store it again."),
    };

    private async Task<Secret> ReadAsync(SecretReference.Setting setting, bool anyName, CancellationToken cancellation)
    {
        if (!anyName && !_names.Allow(setting.Name))
        {
            throw new GatewayException(503, "The route's key may not be read: its name matches none of Gateway__Secrets__Names.");
        }

        if (vaults.CanRead && setting.VaultName is { } name && await ReadAsync(new SecretReference.Vaulted(null, name, null), anyName, cancellation) is { } secret)
        {
            return secret;
        }

        if (configuration[setting.Name] is not { Length: > 0 } value)
        {
            // Who calls a route is not told what its operator's settings are called.
            LogUnset(setting.Name);
            throw new GatewayException(503, "The route's key is not set: neither a vault nor an app setting has it. The gateway's log names it.") { Code = "key_missing" };
        }

        if (value.StartsWith(Unresolved, StringComparison.OrdinalIgnoreCase))
        {
            LogUnresolved(setting.Name);
            throw new GatewayException(503, "The route's key is a Key Vault reference that the platform could not resolve. "
                + "Give the app's identity the right to read that secret, or name the vault in Gateway__KeyVault__Uri and refer to the secret as keyvault:name.") { Code = "key_missing" };
        }

        return new Secret(value);
    }

    private async Task<Secret?> ReadAsync(SecretReference.Vaulted vaulted, bool anyName, CancellationToken cancellation)
    {
        if (!vaults.CanRead || (vaulted.Vault is { } vault && !vaults.Knows(vault)))
        {
            throw new GatewayException(503, "The route's key is in a vault that this gateway does not use. Gateway__KeyVault__Uri names the vault.");
        }

        if (await vaults.ReadAsync(vaulted, cancellation) is not { } stored)
        {
            return null;
        }

        return anyName || stored.Origin is not null || _names.Allow(vaulted.Name)
            ? new Secret(stored.Value, stored.Origin)
            : throw new GatewayException(503, "The route's key may not be read: the secret has no tag gateway-origin, and its name matches none of Gateway__Secrets__Names.");
    }

    private static GatewayException Missing() => new(503, "The route's key is not in the vault, or is disabled there.") { Code = "key_missing" };

    [LoggerMessage(203, LogLevel.Error, "A route's key is '${Name}', and there is neither a secret nor an app setting of that name.")]
    private partial void LogUnset(string name);

    [LoggerMessage(204, LogLevel.Error, "The app setting '{Name}', a route's key, is a Key Vault reference that the platform could not resolve.")]
    private partial void LogUnresolved(string name);
}
