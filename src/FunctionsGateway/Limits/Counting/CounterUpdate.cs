namespace FunctionsGateway.Limits.Counting;

/// <content>The half that keeps the row: one update at a time, for all who wait.</content>
internal sealed partial class Counter
{
    private const int TriesWithoutWaiters = 6;
    private const int UnknownOutcomes = 3;
    private readonly List<Waiter> _waiters = [];
    private readonly RowWriter _rows;
    private long _reloadedFor;
    private long _owed;
    private bool _isBusy;
    private bool _isPrefetching;
    private bool _isReturning;
    private bool _isReviewed;
    private bool _mustRead;

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

    /// <summary>Gives all permits back, at shutdown.</summary>
    public async Task GiveAllBackAsync()
    {
        lock (_set.Gate)
        {
            if (_isBusy || _permits == 0)
            {
                return;
            }

            _isBusy = _isReturning = true;
            _demand = default;
        }

        await ServeAsync();
    }

    private void Start()
    {
        _isBusy = true;
        _ = ServeAsync();
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
            EndWaits(isAnswered ? WaitResult.LookAgain : WaitResult.StorageFailed);
            Review();
        }
    }

    private void EndWaits(WaitResult result)
    {
        var moment = _set.Moment;
        StoreTime? now = _set.Clock.TryNow(out var time) ? time : null;
        foreach (var waiter in _waiters)
        {
            ref var entry = ref waiter.Hold.Entries[waiter.Entry];
            if (StandingOf(waiter.Amount, now, moment) == Standing.Ready)
            {
                Take(ref entry, moment);
                waiter.End(WaitResult.LookAgain);
            }
            else
            {
                waiter.End(result);
            }
        }

        _waiters.Clear();
    }

    private async Task<bool> UpdateAsync()
    {

        for (int tries = 0, unknown = 0; ; tries++)
        {
            if (_mustRead || !_rows.IsKnown || (tries == 0 && (!_set.IsTimeKnown || _rows.Row?.WritersSeen(_set.Writer) > 1)))
            {
                if (Settle(null, await _rows.ReadAsync()) == RowResult.NotSent)
                {
                    return false;
                }

                _mustRead = false;
            }

            if (!await _set.NarrowAsync(Identity) || !await ReloadAsync())
            {
                return false;
            }

            RowChange? change;
            lock (_set.Gate)
            {
                change = Plan();
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

    private void Review()
    {
        if (_permits > 0 && !_isReviewed && !IsExhausted)
        {
            _isReviewed = true;
            _ = ReviewAsync();
        }
    }

    private async Task ReviewAsync()
    {
        await _set.PauseAsync(_span);
        lock (_set.Gate)
        {
            _isReviewed = false;
            var isOver = !_set.Clock.TryNow(out var now) || now.Latest >= _end;
            if (isOver || _permits == 0 || IsExhausted)
            {
                return;
            }

            if (!_isBusy && _permits > Worth(_set.Moment))
            {
                _isReturning = true;
                Start();
            }
            else
            {
                Review();
            }
        }
    }
}
