
namespace FunctionsGateway.Limits.Counting;

/// <content>What to write, and what an answer means.</content>
internal sealed partial class Counter
{
    /// <summary>What to write, from the row last seen; null when there is nothing to write, or not now.</summary>
    private RowChange? Plan()
    {
        NoticeFreeze();
        var period = Identity.Period;
        if (!_set.Clock.TryNow(out var now) || period.LabelAt(now.Earliest) is var label && label != period.LabelAt(now.Latest))
        {
            return null;
        }

        if (_rows.Row is { } seen)
        {
            See(seen);
        }

        if (_label > label)
        {
            // Another front end's clock was ahead, now or when this instance last looked: labels never move backwards.
            _set.Metrics.LabelAhead();
            _mustRead = true;
            return null;
        }

        // A row that is gone within its window (the table was deleted, say) took its count along: nothing more is admitted in that window.
        var isLost = _rows.Row is null && _storedLabel >= label;
        var row = isLost ? LimitWindow.Closed(label) : (_rows.Row ?? new LimitWindow { Label = label }).MovedTo(label, _limit);
        if (isLost)
        {
            Void();
        }

        See(row);
        var moment = _set.Moment;
        if (_isReturning && _waiters.Count == 0 && _owed == 0)
        {
            var surplus = _permits - Worth(moment);
            if (surplus <= 0 || row.GiveBack(surplus, _limit) is not { } returned)
            {
                return null;
            }

            _permits -= surplus;
            return new RowChange(returned, Epoch, Returned: surplus);
        }

        var charged = _isLifted ? _owed = 0 : _owed;
        row = charged > 0 ? row.Charge(charged, _limit) : row;
        // Who asks more than there is will be refused, and must not use up what others could have.
        var (waiting, there) = (0L, _permits + row.Remaining(_limit));
        _isAnyLeftOut = false;
        foreach (var waiter in _waiters)
        {
            var fits = waiter.Amount <= there - waiting;
            waiting += fits ? waiter.Amount : 0;
            _isAnyLeftOut |= !fits;
        }

        var isWanted = waiting > _permits || _isPrefetching;
        var chunk = isWanted && !_isLifted
            ? Math.Max(0, row.Chunk(Math.Max(0, waiting - _permits), _permits, _limit, row.WritersSeen(_set.Writer), Worth(moment)))
            : 0;

        // Others learn from the row that the limit was lowered, also when nothing is left to reserve under it.
        var isNews = isLost || (_rows.Row is not null && row.LimitsVersion < _version && row.Remaining(_limit) == 0);
        return chunk + charged == 0 && !isNews ? null : new RowChange(row.Reserve(chunk), Epoch, chunk, Charged: charged);
    }

    /// <summary>Takes in what an answer says: the store's time, the row, and which change has landed.</summary>
    private RowResult Settle(RowChange? sent, (RowResult Result, RowChange? Landed, StoreMark Mark) outcome)
    {
        lock (_set.Gate)
        {
            _set.Clock.Observe(outcome.Mark);
            _set.Metrics.Answered(sent is not null, outcome.Result);
            NoticeFreeze();
            if (outcome.Result is RowResult.Done or RowResult.Lost && _rows.Row is { } row)
            {
                _storedLabel = Math.Max(_storedLabel, row.Label);
                See(row);
            }

            if (outcome.Landed is { } landed)
            {
                _owed = Math.Max(0, _owed - landed.Charged);
                _permits += landed.Epoch == Epoch && landed.Row.Label == _label ? landed.Gain : 0;
                _hasWritten = true;
            }

            if (outcome.Result is RowResult.Lost or RowResult.NotSent)
            {
                Undo(sent);
            }

            return outcome.Result;
        }
    }

    /// <summary>How many permits this instance's own demand is worth holding: what it admits in 20 s, by the last 10 s, and by the last 2 s so that silence is noticed.</summary>
    private long Worth(TimeSpan moment)
    {
        var worth = Math.Min(2 * _demand.Recent(9, moment, _slot), 10 * _demand.Recent(2, moment, _slot));
        return worth < 8 ? 0 : worth; // a quiet instance takes what its callers ask, and strands nothing
    }

    private void Undo(RowChange? change)
    {
        if (change?.Epoch == Epoch)
        {
            _permits += change.Returned;
        }
    }

    private void See(LimitWindow row)
    {
        MoveTo(row.Label);
        if (row.Label == _label)
        {
            _remaining = row.Remaining(_limit);
            _debt = row.Debt;
            _seenAt = _set.Moment;
        }
    }
}
