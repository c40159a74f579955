namespace FunctionsGateway.Limits.Counting;

/// <summary>How a call stands with a counter.</summary>
internal enum Standing
{
    /// <summary>The permits are here.</summary>
    Ready,

    /// <summary>The window has none left for it.</summary>
    Refused,

    /// <summary>A boundary may lie between the store's earliest and latest time: wait until it is past.</summary>
    AtBoundary,

    /// <summary>The row's window starts later than the store's latest time: a front end's clock is ahead.</summary>
    Ahead,

    /// <summary>Only the row can tell.</summary>
    AskRow,
}

/// <summary>One counter of one instance: the permits in memory and the rules of spending them. Its other half keeps the row. Guarded by the counters' gate.</summary>
internal sealed partial class Counter
{
    private static readonly TimeSpan Century = TimeSpan.FromDays(36_500);
    private readonly CounterSet _set;
    private readonly TimeSpan _span;
    private readonly TimeSpan _slot;
    private Demand _demand;
    private long _limit;
    private long _version;
    private bool _isLifted;
    private long _label = long.MinValue;
    private DateTimeOffset _start = DateTimeOffset.MaxValue;
    private DateTimeOffset _end = DateTimeOffset.MinValue;
    private long _permits;
    private long _remaining;
    private long _debt;
    private TimeSpan _seenAt;
    private int _clockGeneration;

    /// <summary>A counter that has not looked at its row yet.</summary>
    public Counter(CounterSet set, CounterIdentity identity, LimitRule rule, long version)
    {
        _set = set;
        Identity = identity;
        (_limit, _version, _reloadedFor) = (rule.Amount, version, version);
        _span = TimeSpan.FromTicks(Math.Min(TimeSpan.FromSeconds(2).Ticks, identity.Period.Shortest.Ticks / 4));
        _slot = _span / 2;
        _rows = new RowWriter(set.Store, identity, set.Writer, set.NextSequence);
        _clockGeneration = set.Clock.Generation;
    }

    /// <summary>Which counter it is.</summary>
    public CounterIdentity Identity { get; }

    /// <summary>Its place among all counters, for eviction.</summary>
    public int Place { get; set; }

    /// <summary>When it was last asked, for eviction.</summary>
    public TimeSpan LastAsked { get; set; }

    /// <summary>Grows whenever permits in memory are void: a new window, a lower limit, a process that stood still.</summary>
    public int Epoch { get; private set; }

    /// <summary>The limit in force.</summary>
    public long Limit => _limit;

    /// <summary>The window that the permits are of.</summary>
    public long Label => _label;

    /// <summary>Permits in memory.</summary>
    public long Permits => _permits;

    /// <summary>Whether forgetting it now loses no more than permits.</summary>
    public bool IsIdle => !_isBusy && _owed == 0 && _waiters.Count == 0;

    /// <summary>Whether its row should hear of it before the process ends.</summary>
    public bool HasToTell => _permits > 0 || _owed > 0;

    private bool IsExhausted => _remaining == 0 && _label != long.MinValue;

    /// <summary>Takes note of the limit as a call's route states it; older versions change nothing.</summary>
    public void Adopt(long version, long? limit)
    {
        if (version <= _version)
        {
            return;
        }

        _version = version;
        _isLifted = limit is null;
        var (before, now) = (_limit, limit ?? _limit);
        _limit = now;
        if (now < before)
        {
            Void();
        }

        // Only the row can say that it is exhausted under another limit than before.
        _remaining = Math.Max(1, _remaining + now - before);
    }

    /// <summary>How a call that asks <paramref name="amount"/> stands; <paramref name="now"/> is null while the store's time is unknown.</summary>
    public Standing StandingOf(long amount, StoreTime? now, TimeSpan moment)
    {
        LastAsked = moment;
        NoticeFreeze();
        if (_isLifted)
        {
            return Standing.Ready;
        }

        if (now is not { } time)
        {
            return Standing.AskRow;
        }

        if (time.Earliest >= _start && time.Latest < _end)
        {
            var isRefused = amount > _limit || (amount > _permits && IsExhausted)
                || (amount > _permits + _remaining && moment - _seenAt < TimeSpan.FromSeconds(1));
            return amount <= _permits ? Standing.Ready : isRefused ? Standing.Refused : Standing.AskRow;
        }

        return time.Latest < _start && _label != long.MinValue ? Standing.Ahead
            : time.Earliest < _start && _label != long.MinValue ? Standing.AtBoundary
            : Identity.Period.LabelAt(time.Earliest) == Identity.Period.LabelAt(time.Latest) || IsTooWide(time) ? Standing.AskRow
            : Standing.AtBoundary;
    }

    /// <summary>Takes permits that <see cref="StandingOf"/> found ready.</summary>
    public void Take(ref HoldEntry entry, TimeSpan moment)
    {
        (entry.IsTaken, entry.Epoch, entry.Label) = (true, Epoch, _label);
        if (_isLifted)
        {
            entry.Amount = 0;
            return;
        }

        _permits -= entry.Amount;
        _demand.Note(entry.Amount, moment, _slot);
        if (_permits * 16 < _demand.Recent(1, moment, _slot) && !IsExhausted && !_isBusy)
        {
            _isPrefetching = true;
            Start();
        }
    }

    /// <summary>Whether permits taken earlier may still be spent.</summary>
    public bool IsGood(in HoldEntry entry, StoreTime? now) =>
        entry.Epoch == Epoch && (entry.Amount == 0 || (now is { } time && time.Earliest >= _start && time.Latest < _end));

    /// <summary>Puts permits back that were taken and not used; those of a past epoch are lost.</summary>
    public void PutBack(int epoch, long amount)
    {
        if (epoch == Epoch)
        {
            _permits += amount;
            Cover();
            Review();
        }
        else
        {
            _set.Metrics.Stranded(amount);
        }
    }

    /// <summary>Charges tokens used beyond the estimate: from permits, else from the row.</summary>
    public void Charge(long overrun)
    {
        var covered = Math.Min(overrun, _permits);
        _permits -= covered;
        _owed += overrun - covered;
        _owesMore |= _isBusy && _owed > 0; // the update in flight may have been planned without it
        if (_owed > 0 && !_isBusy)
        {
            Start();
        }
    }

    /// <summary>The advisory number of the rate headers.</summary>
    public long RemainingAt(StoreTime now) => now.Latest < _end ? Math.Clamp(_permits + _remaining, 0, _limit)
        : _label == long.MinValue ? _limit
        : _limit - Math.Min(_limit, LimitWindow.OwedAfter(_debt + _owed, _limit, Math.Max(1, Identity.Period.LabelAt(now.Earliest) - _label)));

    /// <summary>The window that <paramref name="now"/> lies in for a refused or admitted call: the permits' own, else by the clock.</summary>
    public DateTimeOffset ResetAt(StoreTime now) =>
        now.Earliest < _end && _label != long.MinValue ? _end : Identity.Period.EndOf(Identity.Period.LabelAt(now.Earliest));

    /// <summary>When a call that asks <paramref name="amount"/> will fit if nobody else calls: debt may fill windows to come.</summary>
    public DateTimeOffset FitsAt(long amount, StoreTime now)
    {
        var debt = _debt + _owed;
        if (debt == 0 || _limit == 0 || amount > _limit || amount <= RemainingAt(now) || _label == long.MinValue)
        {
            return ResetAt(now);
        }

        // The first window k whose limit − min(limit, max(0, debt − limit·(k − 1))) is at least the amount; a century is never far enough.
        var windows = 1 + (Math.Max(0, debt - (_limit - amount)) + _limit - 1) / _limit;
        var label = _label + Math.Min(windows, 1 + (Century.Ticks / Identity.Period.Shortest.Ticks));
        return Identity.Period.StartOf(Math.Max(label, Identity.Period.LabelAt(ResetAt(now))));
    }

    /// <summary>The next instant from which the call may find an answer, when it stands at a boundary or behind a row that is ahead.</summary>
    public DateTimeOffset NextLook(StoreTime now) =>
        now.Earliest < _start && _label != long.MinValue ? _start : Identity.Period.StartOf(Identity.Period.LabelAt(now.Latest));

    private bool IsTooWide(StoreTime now) => now.Width.Ticks > Identity.Period.Shortest.Ticks / 4 && _set.MayNarrow;

    private void NoticeFreeze()
    {
        if (_clockGeneration != _set.Clock.Generation)
        {
            _clockGeneration = _set.Clock.Generation;
            Void();
        }
    }

    private void MoveTo(long label)
    {
        if (label > _label)
        {
            Void();
            (_debt, _label, _start, _end, _remaining) = (0, label, Identity.Period.StartOf(label), Identity.Period.EndOf(label), _limit);
        }
    }

    /// <summary>Pays what is owed from permits; not while an update may be writing it.</summary>
    private void Cover()
    {
        var covered = _isBusy ? 0 : Math.Min(_owed, _permits);
        _permits -= covered;
        _owed -= covered;
    }

    private void Void()
    {
        _set.Metrics.Stranded(_permits);
        _permits = 0;
        Epoch++;
    }
}
