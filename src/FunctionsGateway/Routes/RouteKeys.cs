using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Routes;

/// <summary>Sees to the keys of routes that are made through the API: literals go to the gateway's own vault, and what a route refers to must be there, and for its host.</summary>
/// <param name="find">The provider of a name, or null.</param>
/// <param name="vault">The gateway's own vault.</param>
/// <param name="secrets">Reads what references mean.</param>
internal sealed class RouteKeys(Func<string, Provider?> find, OwnVault vault, SecretResolver secrets)
{
    /// <summary>The route with references in the place of literals.</summary>
    /// <param name="route">The route as it was asked for.</param>
    /// <param name="stored">The route that it replaces, whose keys were seen to; null for a new one.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="GatewayException">400: a key is for another host, or is not there. 503: the vault does not answer.</exception>
    public async ValueTask<GatewayRoute> KeepAsync(GatewayRoute route, GatewayRoute? stored, CancellationToken cancellation)
    {
        var known = stored?.Targets.ToDictionary(target => target.Id) ?? [];
        var targets = new List<Target>(route.Targets.Count);
        try
        {
            foreach (var target in route.Targets)
            {
                targets.Add(known.GetValueOrDefault(target.Id) is { } same && JsonNode.DeepEquals(same.Config, target.Config) ? target : await KeepAsync(target, cancellation));
            }
        }
        catch
        {
            await ForgetAsync(route with { Targets = targets }, stored);
            throw;
        }

        return route with { Targets = targets };
    }

    /// <summary>Removes the secrets that were written for <paramref name="gone"/> and that <paramref name="kept"/> does not hold.</summary>
    public Task ForgetAsync(GatewayRoute? gone, GatewayRoute? kept) =>
        vault.RemoveAsync((gone?.Targets ?? []).SelectMany(target => target.OwnSecrets).Except((kept?.Targets ?? []).SelectMany(target => target.OwnSecrets)));

    private async Task<Target> KeepAsync(Target target, CancellationToken cancellation)
    {
        if (find(target.Provider) is not { } provider)
        {
            return target;
        }

        var address = new Uri(provider.BaseAddress(new ProviderCall(target.Model ?? "", target.Config, Stream: false, "", DateTimeOffset.UnixEpoch)));
        var config = (JsonObject)target.Config.DeepClone();
        var written = new List<string>();
        try
        {
            foreach (var (holder, field, value) in ProviderSecrets.Places(provider.Config.Fields, config).ToArray())
            {
                if (SecretReference.IsMeant(value))
                {
                    await CheckAsync(value, field, Secret.OriginOf(address), cancellation);
                }
                else if (vault.IsOpen)
                {
                    written.Add(await vault.WriteAsync(value, Secret.OriginOf(address), cancellation));
                    holder[field] = SecretReference.ToOwn(written[^1]);
                }
            }
        }
        catch
        {
            await vault.RemoveAsync(written);
            throw;
        }

        return written.Count == 0 ? target : target with { Config = config, OwnSecrets = [.. target.OwnSecrets, .. written] };
    }

    private async Task CheckAsync(string reference, string field, string origin, CancellationToken cancellation)
    {
        Secret secret;
        try
        {
            secret = await secrets.ResolveAsync(reference, isOperators: false, cancellation);
        }
        catch (GatewayException refusal) when (refusal.Code is not "vault_unavailable")
        {
            throw Refused(field, refusal.Message);
        }

        if (secret.Origin is { } other && !other.Equals(origin, StringComparison.OrdinalIgnoreCase))
        {
            throw Refused(field, $"The key that '{field}' refers to is for another host than '{origin}'.");
        }
    }

    private static GatewayException Refused(string field, string message) => new(400, message) { Code = "INVALID_PARAMETER_VALUE", Param = field };
}
