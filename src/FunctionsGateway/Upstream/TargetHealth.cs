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
    private readonly Dictionary<string, Telling> _told = new(StringComparer.Ordinal);
    private long _prunedAt = time.GetTimestamp();
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
        var until = time.GetUtcNow() + (wait < LongestRest ? wait : LongestRest);
        if (until <= _rests.GetValueOrDefault(key).Until)
        {
            return;
        }

        _rests[key] = new(until, IsOwn: true);
        Tell(key);
    }

    /// <summary>The target answers again.</summary>
    public void Recover(string key)
    {
        if (_rests.TryRemove(key, out var known) && known.Until > time.GetUtcNow())
        {
            Tell(key);
        }
    }

    /// <summary>The reading or writing under way; for tests.</summary>
    internal Task Working { get; private set; } = Task.CompletedTask;

    /// <summary>How many targets something is kept of; for tests.</summary>
    internal int Kept
    {
        get
        {
            lock (_told)
            {
                return _rests.Count + _told.Count;
            }
        }
    }

    // What cannot be told yet is told as soon as it may be, and then as it is by that time.
    private void Tell(string key)
    {
        lock (_told)
        {
            Prune();
            if (!_told.TryGetValue(key, out var telling))
            {
                _told[key] = telling = new Telling();
            }
            else if (telling.Later is not null)
            {
                return;
            }
            else if (time.GetElapsedTime(telling.At) is var passed && passed < Interval)
            {
                telling.Later = time.CreateTimer(_ => TellLater(key, telling), null, Interval - passed, Timeout.InfiniteTimeSpan);
                return;
            }

            TellNow(key, telling);
        }
    }

    private void TellLater(string key, Telling telling)
    {
        lock (_told)
        {
            telling.Later?.Dispose();
            telling.Later = null;
            // A rest that ended by itself the others have seen the end of.
            if (_rests.TryGetValue(key, out var known) ? known.Until != telling.Until : telling.Until > time.GetUtcNow())
            {
                TellNow(key, telling);
            }
        }
    }

    private void TellNow(string key, Telling telling)
    {
        var rest = new TargetRest(key, _rests.TryGetValue(key, out var known) ? known.Until : time.GetUtcNow());
        (telling.At, telling.Until) = (time.GetTimestamp(), rest.Until);
        Working = Task.Run(() => GuardedAsync(async patience => await store.WriteAsync(rest, patience)));
    }

    // Whoever asks finds what is over by its time; here it is only cleared away.
    private void Prune()
    {
        if (time.GetElapsedTime(_prunedAt) < Interval)
        {
            return;
        }

        _prunedAt = time.GetTimestamp();
        var now = time.GetUtcNow();
        foreach (var over in _rests.Where(known => known.Value.Until <= now))
        {
            _rests.TryRemove(over);
        }

        foreach (var (key, telling) in _told)
        {
            if (telling.Later is null && telling.Until <= now && time.GetElapsedTime(telling.At) >= Interval)
            {
                _told.Remove(key);
            }
        }
    }

    private async Task ReadAsync()
    {
        await GuardedAsync(async patience =>
        {
            var told = await store.ReadAsync(patience);
            foreach (var rest in told.Where(rest => !IsRecoveryToTell(rest.Key)))
            {
                _rests.AddOrUpdate(rest.Key, static (_, told) => new(told, IsOwn: false), static (_, known, told) => told > known.Until ? new(told, known.IsOwn) : known, rest.Until);
            }

            // What others told and now tell no more is over: the target answers again.
            foreach (var known in _rests.Where(known => !known.Value.IsOwn && told.All(rest => rest.Key != known.Key)))
            {
                _rests.TryRemove(known);
            }
        });
        lock (_told)
        {
            Prune();
        }

        _isInformed = true;
    }

    // The row still holds a rest that this instance knows to be over.
    private bool IsRecoveryToTell(string key)
    {
        lock (_told)
        {
            return _told.TryGetValue(key, out var telling) && telling.Later is not null && !_rests.ContainsKey(key);
        }
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

    /// <summary>What the others were told of a target last, and what is still to be told.</summary>
    private sealed class Telling
    {
        public long At { get; set; }

        public DateTimeOffset Until { get; set; }

        public ITimer? Later { get; set; }
    }

    [LoggerMessage(410, LogLevel.Warning, "The health of targets could not be shared: {Reason}")]
    private static partial void LogUnshared(ILogger logger, string reason);
}
