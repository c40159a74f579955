using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations;

/// <summary>How long the parts of one call may take: the gateway's settings, and the route's own where it has some.</summary>
/// <param name="Connect">To connect to a provider, its name looked up and its certificate checked.</param>
/// <param name="FirstByte">For the first byte of one attempt while another target is left.</param>
/// <param name="Total">From arrival to the last byte of a unary answer, or to the commit of a stream.</param>
/// <param name="StreamIdle">Between two bytes of a stream.</param>
/// <param name="StreamLongest">For a whole stream.</param>
internal sealed record CallDeadlines(TimeSpan Connect, TimeSpan FirstByte, TimeSpan Total, TimeSpan StreamIdle, TimeSpan StreamLongest)
{
    /// <summary>The gateway's own.</summary>
    public static CallDeadlines Of(DeadlineSettings settings) =>
        new(settings.Connect, settings.FirstByte, settings.Total, settings.StreamIdle, settings.StreamLongest);

    /// <summary>These, as far as <paramref name="route"/> has none of its own.</summary>
    public CallDeadlines For(RouteDeadlines? route) => route is null ? this : new(
        route.Connect ?? Connect, route.FirstByte ?? FirstByte, route.Total ?? Total, route.StreamIdle ?? StreamIdle, route.StreamLongest ?? StreamLongest);
}
