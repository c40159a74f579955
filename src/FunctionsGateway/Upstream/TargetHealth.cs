using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Upstream;

/// <summary>Which targets rest, because they asked for it or failed too often, as far as all instances know (spec/decisions.md §5).</summary>
/// <remarks>Only what changes is written, at most once per target in five seconds; a lost write costs other instances a try, never a call.</remarks>
internal sealed partial class TargetHealth(IHealthStore store, TimeProvider time, ILogger<TargetHealth> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Known> _rests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _written = new(StringComparer.Ordinal);
    private Task? _reading;
    private volatile bool _isInformed;
    private long _readAt;

    /// <summary>Whether calls should go elsewhere while they can.</summary>
    public bool IsResting(TargetBinding target) =>
        !_rests.IsEmpty && _rests.TryGetValue(target.Key, out var known) && known.Until > time.GetUtcNow();

    /// <summary>Learns what other instances know: waits for the first reading, later ones happen beside the calls.</summary>
    public ValueTask RefreshAsync()
    {
        lock (_gate)
        {
            if (_reading is null || (_reading.IsCompleted && time.GetElapsedTime(_readAt) >= Interval))
            {
                _readAt = time.GetTimestamp();
                _reading = Task.Run(ReadAsync);
            }

            return _isInformed ? default : new(_reading);
        }
    }

    /// <summary>The target asked for a rest, or its circuit opened.</summary>
    public void Rest(string key, TimeSpan wait)
    {
        var now = time.GetUtcNow();
        var until = now + (wait < LongestRest ? wait : LongestRest);
        var known = _rests.GetValueOrDefault(key).Until;
        if (until <= known)
        {
            return;
        }

        _rests[key] = new(until, IsOwn: true);
        if (known <= now)
        {
            Tell(new TargetRest(key, until));
        }
    }

    /// <summary>The target answers again.</summary>
    public void Recover(string key)
    {
        if (_rests.TryRemove(key, out var known) && known.Until > time.GetUtcNow())
        {
            Tell(new TargetRest(key, time.GetUtcNow()));
        }
    }

    /// <summary>The reading or writing under way; for tests.</summary>
    internal Task Working { get; private set; } = Task.CompletedTask;

    private void Tell(TargetRest rest)
    {
        var now = time.GetTimestamp();
        if (_written.TryGetValue(rest.Key, out var last) && time.GetElapsedTime(last, now) < Interval)
        {
            return;
        }

        _written[rest.Key] = now;
        Working = Task.Run(() => GuardedAsync(async patience => await store.WriteAsync(rest, patience)));
    }

    private async Task ReadAsync()
    {
        await GuardedAsync(async patience =>
        {
            var told = await store.ReadAsync(patience);
            foreach (var rest in told)
            {
                _rests.AddOrUpdate(rest.Key, static (_, told) => new(told, IsOwn: false), static (_, known, told) => told > known.Until ? new(told, known.IsOwn) : known, rest.Until);
            }

            // What others told and now tell no more is over: the target answers again.
            foreach (var known in _rests.Where(known => !known.Value.IsOwn && told.All(rest => rest.Key != known.Key)))
            {
                _rests.TryRemove(known);
            }
        });
        _isInformed = true;
    }

    private async Task GuardedAsync(Func<CancellationToken, Task> work)
    {
        using var end = new CancellationTokenSource(Patience, time);
        try
        {
            await work(end.Token);
        }
#pragma warning disable CA1031 // health is advice: without it calls find out by themselves
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogUnshared(logger, failure.Message);
        }
    }

    private readonly record struct Known(DateTimeOffset Until, bool IsOwn);

    [LoggerMessage(410, LogLevel.Warning, "The health of targets could not be shared: {Reason}")]
    private static partial void LogUnshared(ILogger logger, string reason);
}
