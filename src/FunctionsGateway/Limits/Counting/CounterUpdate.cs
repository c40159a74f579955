namespace FunctionsGateway.Limits.Counting;

/// <content>The half that keeps the row: one update at a time, for all who wait.</content>
internal sealed partial class Counter
{
    private const int TriesWithoutWaiters = 6;
    private const int UnknownOutcomes = 3;
    private const int TriesAtShutdown = 4;
    private readonly List<Waiter> _waiters = [];
    private readonly RowWriter _rows;
    private long _reloadedFor;
    private long _owed;
    private bool _isBusy;
    private bool _isPrefetching;
    private bool _isReturning;
    private bool _mustRead;
    private bool _isAnyLeftOut;
    private bool _hasWritten;
    private bool _owesMore;
    private long _storedLabel = long.MinValue;
    private Task _serving = Task.CompletedTask;

    /// <summary>Joins those who wait for the next update.</summary>
    public Waiter Join(Hold hold, int entry)
    {
        var waiter = new Waiter(hold, entry);
        _waiters.Add(waiter);
        if (!_isBusy)
        {
            Start();
        }

        return waiter;
    }

    /// <summary>Leaves the queue.</summary>
    public void Leave(Waiter waiter) => _waiters.Remove(waiter);

    /// <summary>Looks whether storage answers again, for nobody in particular.</summary>
    public void Probe()
    {
        if (!_isBusy)
        {
            _mustRead = true;
            Start();
        }
    }

    /// <summary>Charges what is owed and gives all permits back, at shutdown: after the update in flight, if there is one.</summary>
    public async Task GiveAllBackAsync()
    {
        for (var tries = 0; tries < TriesAtShutdown; tries++)
        {
            lock (_set.Gate)
            {
                _demand = default;
                if (!_isBusy)
                {
                    if (!HasToTell || (IsExhausted && _owed == 0))
                    {
                        return;
                    }

                    _isReturning = true;
                    Start();
                }
            }

            await _serving;
        }
    }

    private void Start()
    {
        _isBusy = true;
        _serving = ServeAsync();
    }

    private async Task ServeAsync()
    {
        await Task.Yield(); // the caller holds the gate
        var isAnswered = false;
        try
        {
            isAnswered = await UpdateAsync();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _set.LogUpdateFailed(fault, Identity.Route);
        }

        lock (_set.Gate)
        {
            _set.NoteStorage(isAnswered);
            _isBusy = _isPrefetching = _isReturning = false;
            Cover();
            var served = EndWaits(isAnswered ? WaitResult.LookAgain : WaitResult.StorageFailed);
            if (_hasWritten)
            {
                _set.Metrics.Served(served);
            }

            var mustCharge = _owesMore && _owed > 0 && !_isBusy;
            _hasWritten = _owesMore = false;
            if (mustCharge)
            {
                Start();
            }

            Review();
        }
    }

    private int EndWaits(WaitResult result)
    {
        var served = 0;
        var moment = _set.Moment;
        StoreTime? now = _set.Clock.TryNow(out var time) ? time : null;
        foreach (var waiter in _waiters)
        {
            // Of all its counters or of none: who waits for another must not keep permits from those who could use them now.
            var isServed = waiter.Hold.TryTake(now, moment);
            served += isServed ? 1 : 0;
            waiter.End(isServed || StandingOf(waiter.Amount, now, moment) == Standing.Ready ? WaitResult.LookAgain : result);
        }

        _waiters.Clear();
        return served;
    }

    private async Task<bool> UpdateAsync()
    {
        var hasRead = false;
        for (int tries = 0, unknown = 0; ; tries++)
        {
            if (_mustRead || !_rows.IsKnown || (tries == 0 && (!_set.IsTimeKnown || _rows.Row?.WritersSeen(_set.Writer) > 1)))
            {
                if (Settle(null, await _rows.ReadAsync()) == RowResult.NotSent)
                {
                    return false;
                }

                (_mustRead, hasRead) = (false, true);
            }

            if (!await _set.NarrowAsync(Identity) || !await ReloadAsync())
            {
                return false;
            }

            RowChange? change;
            lock (_set.Gate)
            {
                change = Plan();
                if (change is null && _isAnyLeftOut && !hasRead)
                {
                    _mustRead = true; // nobody is refused by a row that may be old
                    continue;
                }

                if (change is null || (tries >= TriesWithoutWaiters && _waiters.Count == 0))
                {
                    Undo(change);
                    return true;
                }
            }

            switch (Settle(change, await _rows.WriteAsync(change, _version)))
            {
                case RowResult.Done:
                    return true;
                case RowResult.NotSent:
                case RowResult.Unknown when ++unknown == UnknownOutcomes:
                    return false;
                case RowResult.Lost:
                    await _set.BackOffAsync(tries);
                    _mustRead = true; // what came back is old by now
                    break;
            }
        }
    }

    /// <summary>Whoever reads a higher version loads the route before reserving, once per version; then what was loaded holds.</summary>
    private async ValueTask<bool> ReloadAsync()
    {
        if (_rows.Row is not { } row || row.LimitsVersion <= Math.Max(_version, _reloadedFor))
        {
            return true;
        }

        var route = await _set.Reload(Identity.Route);
        lock (_set.Gate)
        {
            _reloadedFor = row.LimitsVersion;
            if (route is not null)
            {
                Adopt(route.LimitsVersion, LimitRule.Of(route).FirstOrDefault(rule => CounterIdentity.Of(route.Name, rule, Identity.Key) == Identity)?.Amount);
            }
        }

        return true;
    }
}
