using System.Text.Json.Serialization;
using FunctionsGateway.Limits;

namespace FunctionsGateway.Routes;

/// <summary>A model as answers show it: never its configuration.</summary>
internal sealed record ModelView(string? Name, string Provider);

/// <summary>MLflow's Route; <c>limit</c> is always there, since clients raise without it.</summary>
internal sealed record RouteView(string Name, string RouteType, ModelView Model, string RouteUrl, Limit? Limit)
{
    /// <summary>The gateway's own options, where any is set.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RouteOptionSet? GatewayOptions { get; init; }
}

/// <summary>MLflow's Endpoint.</summary>
internal sealed record EndpointView(string Name, string EndpointType, ModelView Model, string EndpointUrl, Limit? Limit)
{
    /// <summary>The gateway's own options, where any is set.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RouteOptionSet? GatewayOptions { get; init; }
}

/// <summary>A route before MLflow 2.5.</summary>
internal sealed record EarlyRouteView(string Name, string Type, ModelView Model);

/// <summary>The wrapper around it.</summary>
internal sealed record EarlyRouteAnswer(EarlyRouteView Route);

/// <summary>A traffic route of MLflow 3.6.</summary>
internal sealed record TrafficRouteView(string Name, string TaskType, IReadOnlyList<DestinationView> Destinations, string RoutingStrategy)
{
    /// <summary>The gateway's own options, where any is set.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RouteOptionSet? GatewayOptions { get; init; }
}

/// <summary>A destination of a traffic route.</summary>
internal sealed record DestinationView(string Name, int TrafficPercentage);

/// <summary>From routes to what answers show.</summary>
internal static class RouteViews
{
    /// <summary>As MLflow's Route.</summary>
    public static RouteView ToRouteView(this GatewayRoute route) =>
        new(route.Name, route.TypeText(), route.ModelView(), route.Url(), route.Limits.Count > 0 ? route.Limits[0] : null) { GatewayOptions = route.OptionsSet() };

    /// <summary>As MLflow's Endpoint.</summary>
    public static EndpointView ToEndpointView(this GatewayRoute route) =>
        new(route.Name, route.TypeText(), route.ModelView(), route.Url(), route.Limits.Count > 0 ? route.Limits[0] : null) { GatewayOptions = route.OptionsSet() };

    /// <summary>As before MLflow 2.5.</summary>
    public static EarlyRouteView ToEarlyRouteView(this GatewayRoute route) => new(route.Name, route.TypeText(), route.ModelView());

    /// <summary>As MLflow 3.6 shows a traffic route.</summary>
    public static TrafficRouteView ToTrafficRouteView(this GatewayRoute route) => new(
        route.Name,
        route.TypeText(),
        [.. route.Targets.Select(target => new DestinationView(target.Destination ?? target.Id, (int)target.Weight))],
        "TRAFFIC_SPLIT") { GatewayOptions = route.OptionsSet() };

    // A type that the body decides shows as chat, which every client of the older generations knows.
    private static string TypeText(this GatewayRoute route) => (route.Type ?? RouteType.Chat).ToWire();

    private static ModelView ModelView(this GatewayRoute route)
    {
        var first = route.Targets.FirstOrDefault(target => !target.IsFallback) ?? (route.Targets is [var other, ..] ? other : null);
        return new ModelView(first?.Model, first?.Provider ?? "");
    }

    private static string Url(this GatewayRoute route) => $"/gateway/{route.Name}/invocations";

    /// <summary>The gateway's own options, where any is set.</summary>
    public static RouteOptionSet? OptionsSet(this GatewayRoute route) => route.Options == RouteOptionSet.Default ? null : route.Options;
}
