using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Routes;

/// <summary>Sees to the keys of routes that are made through the older generations' API.</summary>
/// <param name="find">The provider of a name, or null.</param>
/// <param name="keeper">Sees to each.</param>
/// <param name="settings">The app settings, which fill what a configuration leaves open.</param>
internal sealed class RouteKeys(Func<string, Provider?> find, KeyKeeper keeper, IConfiguration settings)
{
    /// <summary>The route with references in the place of literals.</summary>
    /// <param name="route">The route as it was asked for.</param>
    /// <param name="stored">The route that it replaces, whose keys were seen to; null for a new one.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="GatewayException">400: a key is for another host, or is not there. 503: the vault does not take one.</exception>
    public async ValueTask<GatewayRoute> KeepAsync(GatewayRoute route, GatewayRoute? stored, CancellationToken cancellation)
    {
        var known = stored?.Targets.ToDictionary(target => target.Id) ?? [];
        var targets = new List<Target>(route.Targets.Count);
        var written = new List<string>();
        try
        {
            foreach (var target in route.Targets)
            {
                targets.Add(known.GetValueOrDefault(target.Id) is { } same && JsonNode.DeepEquals(same.Config, target.Config) ? target : await KeepAsync(target, written, cancellation));
            }
        }
        catch
        {
            await keeper.SettleAsync(written);
            throw;
        }

        return route with { Targets = targets };
    }

    /// <summary>Removes the secrets that go with one of the two states of a route only, once it is known which of them it is in.</summary>
    public Task SettleAsync(GatewayRoute? stored, GatewayRoute? changed)
    {
        var names = (stored?.OwnSecrets ?? []).ToHashSet(StringComparer.Ordinal);
        names.SymmetricExceptWith(changed?.OwnSecrets ?? []);
        return keeper.SettleAsync(names);
    }

    private async Task<Target> KeepAsync(Target target, List<string> written, CancellationToken cancellation)
    {
        if (find(target.Provider) is not { } provider)
        {
            return target;
        }

        var (place, config, before) = (KeyPlace.Of(provider, target.Model, target.Config, settings), (JsonObject)target.Config.DeepClone(), written.Count);
        foreach (var (holder, field, value) in ProviderSecrets.Places(provider.Config.Fields, config).ToArray())
        {
            holder[field] = await keeper.KeepAsync(value, field, place, written, cancellation);
        }

        return written.Count == before ? target : target with { Config = config, OwnSecrets = [.. target.OwnSecrets, .. written[before..]] };
    }
}
