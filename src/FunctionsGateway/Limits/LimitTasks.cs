using FunctionsGateway.Limits.Counting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Limits;

/// <summary>What limits do in the background: sweep now and then while there is traffic, and give permits back at shutdown.</summary>
internal sealed partial class LimitTasks(CounterSet counters, Limiter limiter, LimitSettings settings, TimeProvider time, ILogger<LimitTasks> logger) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // The host grants five seconds, and there is more to stop than this.
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var timer = time.CreateTimer(_ => soon.Cancel(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            await limiter.GiveBackAsync(soon.Token);
        }
        catch (OperationCanceledException)
        {
            // A courtesy: permits not given back are stranded until their window ends.
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // An instance looks four times an interval, so that the fleet's last sweep is never much older than one.
        using var looks = new PeriodicTimer(settings.SweepInterval / 4, time);
        while (await looks.WaitForNextTickAsync(stoppingToken))
        {
            await SweepAsync(stoppingToken);
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            DateTimeOffset earliest;
            lock (counters.Gate)
            {
                if (!counters.Clock.TryNow(out var now))
                {
                    return; // no traffic, so the store's time is not known
                }

                earliest = now.Earliest;
            }

            var swept = await counters.Store.SweepAsync(earliest, settings.SweepInterval, cancellation);
            LogSwept(swept);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogSweepFailed(fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Swept {Count} limit counters whose windows are over")]
    private partial void LogSwept(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Limit counters could not be swept; the next sweep tries again")]
    private partial void LogSweepFailed(Exception fault);
}
