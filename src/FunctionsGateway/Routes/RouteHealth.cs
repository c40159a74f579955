namespace FunctionsGateway.Routes;

/// <summary>What <c>/health</c> says of the routes.</summary>
/// <param name="Age">How old the routes in memory are; null before the first reading.</param>
/// <param name="Reason">Why storage is not reachable; null when it is.</param>
internal sealed record RouteHealth(TimeSpan? Age, string? Reason)
{
    /// <summary>Whether storage answered last.</summary>
    public bool IsReachable => Reason is null;
}
