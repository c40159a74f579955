using System.Runtime.InteropServices;
using FunctionsGateway.Routes;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Limits.Counting;

/// <summary>Loads a route anew by its name; null when it is gone.</summary>
internal delegate Task<GatewayRoute?> RouteReload(string name);

/// <summary>All counters of one instance and what they share: the gate, the store's clock, whether storage answers.</summary>
/// <remarks>One gate for all counters makes "permits of all or of none" a matter of course; it is held for a fraction of a microsecond.</remarks>
internal sealed partial class CounterSet(
    ICounterStore store, TimeProvider time, Dice dice, LimitSettings settings, RouteReload reload, LimitMetrics metrics, ILogger<CounterSet> logger, int capacity = CounterSet.Capacity)
{
    /// <summary>How many counters are kept in memory.</summary>
    public const int Capacity = 100_000;

    private const int Drawn = 16;
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NarrowAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NarrowStep = TimeSpan.FromMilliseconds(125);
    private readonly long _origin = time.GetTimestamp();
    private readonly Dictionary<CounterIdentity, Counter> _counters = [];
    private readonly List<Counter> _places = [];
    private readonly Stack<Hold> _pool = [];
    private Task<bool>? _narrowing;
    private TimeSpan _narrowedAt = -NarrowAgain;
    private TimeSpan _probedAt = -ProbeEvery;
    private long _sequence;

    /// <summary>Guards every counter, hold and the clock.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The store.</summary>
    public ICounterStore Store { get; } = store;

    /// <summary>The store's clock.</summary>
    public StoreClock Clock { get; } = new(time, settings.ClockTolerance);

    /// <summary>What is measured.</summary>
    public LimitMetrics Metrics { get; } = metrics;

    /// <summary>Loads a route anew.</summary>
    public RouteReload Reload { get; } = reload;

    /// <summary>This instance's name in rows.</summary>
    public string Writer { get; } = GatewayIds.New()[..12];

    /// <summary>Monotonic time since the start.</summary>
    public TimeSpan Moment => time.GetElapsedTime(_origin);

    /// <summary>Whether the last look at storage failed.</summary>
    public bool IsStorageDown { get; private set; }

    /// <summary>Whether anything is known of the store's time.</summary>
    public bool IsTimeKnown
    {
        get
        {
            lock (Gate)
            {
                return Clock.TryNow(out _);
            }
        }
    }

    /// <summary>How many counters are in memory. Under the gate.</summary>
    public int Count => _counters.Count;

    /// <summary>Whether the clock may be narrowed again.</summary>
    public bool MayNarrow => Moment - _narrowedAt >= NarrowAgain;

    /// <summary>A number that no other attempt of this process has.</summary>
    public long NextSequence() => Interlocked.Increment(ref _sequence);

    /// <summary>A hold for a call, with an entry for each of its counters. Under the gate.</summary>
    public Hold Rent(LimitPlan plan, string callerId, long tokenEstimate, TimeSpan moment)
    {
        var hold = _pool.Count > 0 ? _pool.Pop() : new Hold();
        hold.Plan = plan;
        foreach (var rule in plan.Rules)
        {
            hold.Add(Find(CounterIdentity.Of(plan.Route, rule, callerId), rule, plan.Version, moment), rule, rule.Asked(tokenEstimate));
        }

        return hold;
    }

    /// <summary>Takes a hold back. Under the gate.</summary>
    public void Return(Hold hold)
    {
        hold.Clear();
        _pool.Push(hold);
    }

    /// <summary>Every counter that has something for its row: permits, or an overrun. Under the gate.</summary>
    public IReadOnlyList<Counter> Holding() => [.. _counters.Values.Where(counter => counter.HasToTell)];

    /// <summary>Notes whether storage answered. Under the gate.</summary>
    public void NoteStorage(bool isAnswered)
    {
        if (!isAnswered && !IsStorageDown)
        {
            _probedAt = Moment;
        }

        IsStorageDown = !isAnswered;
    }

    /// <summary>While storage is down: looks once a second whether it is back. Under the gate.</summary>
    public void ProbeStorage(Counter counter)
    {
        if (Moment - _probedAt >= ProbeEvery)
        {
            _probedAt = Moment;
            counter.Probe();
        }
    }

    /// <summary>Waits, so that those who lost a race do not race again at once: full jitter.</summary>
    public Task BackOffAsync(int tries) => PauseAsync(TimeSpan.FromMilliseconds(dice() * Math.Min(200, 10 << Math.Min(tries, 5))));

    /// <summary>Waits.</summary>
    public Task PauseAsync(TimeSpan pause) => Task.Delay(pause, time);

    /// <summary>Narrows the clock for windows as short as this counter's, for all who wait; false when storage fails.</summary>
    public async ValueTask<bool> NarrowAsync(CounterIdentity counter)
    {
        Task<bool> narrowing;
        lock (Gate)
        {
            if (Clock.TryNow(out var now) && (now.Width.Ticks <= counter.Period.Shortest.Ticks / 4 || (!MayNarrow && _narrowing is null)))
            {
                return true;
            }

            narrowing = _narrowing ??= ReadUntilTickAsync(counter);
        }

        return await narrowing;
    }

    private async Task<bool> ReadUntilTickAsync(CounterIdentity counter)
    {
        await Task.Yield(); // the caller holds the gate
        DateTimeOffset? first = null;
        var isAnswered = false;
        try
        {
            for (var reads = 0; reads < 8; reads++)
            {
                var answer = await Store.ReadAsync(counter);
                isAnswered = answer.Mark.Date is not null;
                lock (Gate)
                {
                    Clock.Observe(answer.Mark);
                    Metrics.Answered(isWrite: false, isAnswered ? RowResult.Done : RowResult.NotSent);
                    if (!isAnswered || (first ??= answer.Mark.Date) != answer.Mark.Date || (Clock.TryNow(out var now) && now.Width.Ticks <= counter.Period.Shortest.Ticks / 4))
                    {
                        return isAnswered;
                    }
                }

                await PauseAsync(NarrowStep);
            }

            return true;
        }
        catch
        {
            isAnswered = false;
            throw;
        }
        finally
        {
            lock (Gate)
            {
                _narrowedAt = isAnswered ? Moment : _narrowedAt;
                _narrowing = null;
            }
        }
    }

    private Counter Find(CounterIdentity identity, LimitRule rule, long version, TimeSpan moment)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_counters, identity, out var exists);
        if (exists)
        {
            slot!.Adopt(version, rule.Amount);
            return slot;
        }

        var counter = slot = new Counter(this, identity, rule, version) { LastAsked = moment, Place = _places.Count };
        _places.Add(counter);
        if (_counters.Count > capacity)
        {
            Evict();
        }

        return counter;
    }

    private void Evict()
    {
        // The longest unasked of a few drawn: to sort them all would hold every call up.
        Counter? oldest = null;
        for (var drawn = 0; drawn < Drawn; drawn++)
        {
            var counter = _places[(int)(dice() * _places.Count)];
            oldest = counter.IsIdle && (oldest is null || counter.LastAsked < oldest.LastAsked) ? counter : oldest;
        }

        if (oldest is not null)
        {
            Metrics.Stranded(oldest.Permits);
            _counters.Remove(oldest.Identity);
            (_places[oldest.Place], _places[^1].Place) = (_places[^1], oldest.Place);
            _places.RemoveAt(_places.Count - 1);
        }
    }

    /// <summary>Logs an update that threw.</summary>
    [LoggerMessage(Level = LogLevel.Error, Message = "A limit counter of route '{Route}' could not be updated")]
    public partial void LogUpdateFailed(Exception fault, string route);
}
