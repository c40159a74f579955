using FunctionsGateway.Routes;

namespace FunctionsGateway.Limits;

/// <summary>A route's limits, made ready once for each state of the route.</summary>
/// <param name="Route">The route's name.</param>
/// <param name="Version">The version of its limits.</param>
/// <param name="Rules">What its counters enforce.</param>
internal sealed record LimitPlan(string Route, long Version, LimitRule[] Rules)
{
    /// <summary>No limits.</summary>
    public static LimitPlan None { get; } = new("", 0, []);

    /// <summary>The plan of <paramref name="route"/>.</summary>
    public static LimitPlan Of(GatewayRoute route) => new(route.Name, route.LimitsVersion, LimitRule.Of(route));
}
