using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Routes.Validation;

/// <summary>A JSON merge patch (RFC 7396) over a route as a body would describe it.</summary>
internal static class MergePatch
{
    private static readonly string[] LimitFields = ["limit", "limits", "token_limits"];

    /// <summary>The body that <paramref name="patch"/> makes of the route. Stored secrets are not in it: the validator keeps them or asks for them.</summary>
    /// <param name="route">The route.</param>
    /// <param name="provider">Its provider, which knows what is secret.</param>
    /// <param name="patch">The patch.</param>
    public static JsonObject Over(GatewayRoute route, Provider? provider, JsonObject patch)
    {
        var target = route.Targets[0];
        var body = new JsonObject
        {
            ["route_type"] = (route.Type ?? RouteType.Chat).ToWire(),
            ["model"] = new JsonObject { ["name"] = target.Model, ["provider"] = target.Provider, ["config"] = ProviderSecrets.Without(provider?.Config.Fields ?? [], target.Config) },
            ["gateway_options"] = JsonSerializer.SerializeToNode(route.Options, RouteJson.Wire.RouteOptionSet),
        };
        patch = (JsonObject)patch.DeepClone();
        Rename(patch, "endpoint_type", "route_type");
        Rename(patch, "type", "route_type");
        if (patch["model"] is JsonObject model)
        {
            if (model.Select(member => member.Key).FirstOrDefault(key => key.EndsWith("_config", StringComparison.Ordinal)) is { } config)
            {
                Rename(model, config, "config");
            }

            // Another provider's configuration is not built on this one's.
            if (model["provider"] is { } other && other.ToJsonString() != body["model"]!["provider"]!.ToJsonString())
            {
                body["model"]!["config"] = new JsonObject();
            }
        }

        if (patch["limit"] is JsonObject && route.Limits.Count > 0)
        {
            body["limit"] = JsonSerializer.SerializeToNode(route.Limits[0], RouteJson.Wire.Limit);
        }

        // An explicit null takes limits away, while their absence keeps them; so it must survive the merge.
        var merged = (JsonObject)Merge(body, patch)!;
        foreach (var name in LimitFields.Where(name => patch.ContainsKey(name) && patch[name] is null))
        {
            merged[name] = null;
        }

        return merged;
    }

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject members)
        {
            return patch?.DeepClone();
        }

        var merged = target as JsonObject ?? [];
        foreach (var (name, value) in members)
        {
            if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                var current = merged[name];
                merged.Remove(name);
                merged[name] = Merge(current, value);
            }
        }

        return merged;
    }

    private static void Rename(JsonObject json, string from, string to)
    {
        if (json.TryGetPropertyValue(from, out var value))
        {
            json.Remove(from);
            json[to] = value;
        }
    }
}
