namespace FunctionsGateway.Limits.Counting;

/// <content>Looks again, later: at permits that demand no longer needs, at those whose window ended, at what is owed still.</content>
internal sealed partial class Counter
{
    private static readonly TimeSpan Seldom = TimeSpan.FromSeconds(10);
    private bool _isReviewed;

    private void Review()
    {
        if (!_isReviewed && HasToTell)
        {
            _isReviewed = true;
            _ = ReviewAsync(_owed == 0 && (IsExhausted || !_set.Clock.TryNow(out _)) ? Seldom : _span);
        }
    }

    private async Task ReviewAsync(TimeSpan pause)
    {
        await _set.PauseAsync(pause);
        lock (_set.Gate)
        {
            _isReviewed = false;
            var isTimeKnown = _set.Clock.TryNow(out var now);
            if (isTimeKnown && now.Earliest >= _end)
            {
                Void(); // nobody came: counted now as stranded
            }

            var isSurplus = isTimeKnown && now.Latest < _end && !IsExhausted && _permits > Worth(_set.Moment);
            if (!_isBusy && (_owed > 0 || isSurplus))
            {
                _isReturning = isSurplus;
                Start();
            }
            else
            {
                Review();
            }
        }
    }
}
