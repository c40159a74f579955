using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Routes;

/// <summary>Has the store forget removals of more than a day ago when a reading meets them; the next reading tries again what failed.</summary>
internal sealed partial class OldRemovals(IRouteStore store, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    /// <summary>Forgets them if <paramref name="changes"/> holds one; never fails.</summary>
    public async Task ForgetAsync(List<RouteChange> changes)
    {
        var before = time.GetUtcNow() - Age;
        if (!changes.Exists(change => change.Route is null && change.At < before))
        {
            return;
        }

        try
        {
            await store.SweepAsync(before, CancellationToken.None);
        }
        catch (Exception failure)
        {
            LogFailed(failure.GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old removals of routes could not be forgotten now ({Reason}).")]
    private partial void LogFailed(string reason);
}
