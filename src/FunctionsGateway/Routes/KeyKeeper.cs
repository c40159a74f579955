using FunctionsGateway.Errors;
using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes;

/// <summary>Sees to one key that is sent through the API: a literal goes to the gateway's own vault, and what a reference means must be there, and for its host.</summary>
/// <param name="store">Tells which keys rows hold.</param>
/// <param name="vault">The gateway's own vault.</param>
/// <param name="secrets">Reads what references mean.</param>
/// <param name="options">The settings.</param>
/// <param name="logger">The log.</param>
internal sealed partial class KeyKeeper(IRouteStore store, OwnVault vault, SecretResolver secrets, IOptions<GatewayOptions> options, ILogger<KeyKeeper> logger)
{
    /// <summary>What a row may hold for the key: a reference, or under the development option the literal.</summary>
    /// <param name="value">The key, which <see cref="SecretRule"/> let through.</param>
    /// <param name="field">Its field, for sentences.</param>
    /// <param name="place">Where it is to go; null while that is not known.</param>
    /// <param name="written">Gets the name of the secret, when one is written.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="GatewayException">400: it may not serve there. 503: the vault does not take it.</exception>
    public async ValueTask<string> KeepAsync(string value, string field, KeyPlace? place, ICollection<string> written, CancellationToken cancellation)
    {
        if (SecretReference.IsMeant(value))
        {
            await CheckAsync(value, field, place, cancellation);
            return value;
        }

        if (!vault.IsOpen)
        {
            return value;
        }

        if (place is null)
        {
            throw Refused(field, $"'{field}' holds a key, which is kept for one host only, and it is not known which: send 'provider', and its address in 'auth_config' where it has none of its own.");
        }

        var name = await vault.WriteAsync(value, place.Origin, cancellation);
        written.Add(name);
        return SecretReference.ToOwn(name);
    }

    /// <summary>Makes sure that what the reference means may serve at a place. A vault that does not answer is asked again by the call, which is refused then.</summary>
    /// <exception cref="GatewayException">400: there is no such key, or it is not for this place.</exception>
    public async ValueTask CheckAsync(string reference, string field, KeyPlace? place, CancellationToken cancellation)
    {
        Secret secret;
        try
        {
            secret = await secrets.ResolveAsync(reference, isOperators: false, cancellation);
        }
        catch (GatewayException refusal)
        {
            if (refusal.Code is "vault_unavailable")
            {
                return;
            }

            throw Refused(field, $"{refusal.Message} ('{field}' refers to '{reference}'.)");
        }

        if (place is null)
        {
            return;
        }

        if (secret.Origin is { } other)
        {
            if (!other.Equals(place.Origin, StringComparison.OrdinalIgnoreCase))
            {
                throw Refused(field, $"The key that '{field}' refers to is for another host than '{place.Origin}': its tag gateway-origin says so.");
            }
        }
        else if (place.Provider is { } provider && !provider.Owns(place.Address.Host) && !BaseAddressRule.IsAllowed(place.Address, options.Value.Egress.AllowedHosts))
        {
            throw Refused(
                field,
                $"The key that '{field}' refers to may not go to '{place.Address.Host}', which is none of {provider.Name}'s own hosts. "
                + $"Tag the vault's secret with gateway-origin '{place.Origin}', or let the operator list the host in Gateway__Egress__AllowedHosts.");
        }
    }

    /// <summary>Removes those of the gateway's own secrets that no row holds any more, or ever held. The rows are asked anew: a change that failed may have been made all the same.</summary>
    public async Task SettleAsync(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        var left = names.ToHashSet(StringComparer.Ordinal);
        try
        {
            // Not the caller's token: what is to be seen to is done already, and the caller may be gone.
            await foreach (var change in store.ChangesAsync(-1, CancellationToken.None))
            {
                left.ExceptWith(change.Route?.OwnSecrets ?? []);
            }
        }
#pragma warning disable CA1031 // whatever keeps the rows from being read, a key that may be in use stays
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogUnsettled(string.Join(", ", names), failure.GetType().Name);
            return;
        }

        await vault.RemoveAsync(left);
    }

    /// <summary>400 that names the field.</summary>
    private static GatewayException Refused(string field, string message) => new(400, message) { Code = "INVALID_PARAMETER_VALUE", Param = field };

    [LoggerMessage(202, LogLevel.Warning, "Whether the secrets {Names} are still used could not be found out ({Reason}); they stay in the vault.")]
    private partial void LogUnsettled(string names, string reason);
}
