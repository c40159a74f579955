
namespace FunctionsGateway.Limits.Counting;

/// <summary>A change of a row, and what it means to the instance once it is known to have landed.</summary>
/// <param name="Row">The row to write, not yet signed.</param>
/// <param name="Epoch">The counter's epoch that the permits are of.</param>
/// <param name="Gain">Permits that become the instance's own.</param>
/// <param name="Returned">Permits that it gave up for this change; its own again only if the change certainly did not land.</param>
/// <param name="Charged">Tokens of its overrun that the change charges.</param>
internal sealed record RowChange(LimitWindow Row, int Epoch, long Gain = 0, long Returned = 0, long Charged = 0);

/// <summary>How an attempt ended.</summary>
internal enum RowResult
{
    /// <summary>It read, or it wrote.</summary>
    Done,

    /// <summary>Another writer was faster; the row is known again.</summary>
    Lost,

    /// <summary>Storage did not take it; it certainly did not land.</summary>
    NotSent,

    /// <summary>Whether it landed is open.</summary>
    Unknown,
}

/// <summary>One row as this process knows it, written by compare-and-swap, one attempt at a time.</summary>
/// <remarks>Every attempt is open until its outcome is known. As long as the row's ETag is the one that the open attempts were conditioned on, at most one of them
/// and of any further attempt on that ETag can land. When the ETag has changed, the row names the attempt that landed, or someone has written since and
/// what was open counts as spent.</remarks>
internal sealed class RowWriter(ICounterStore store, CounterIdentity counter, string writer, Func<long> nextSequence)
{
    private readonly List<RowChange> _open = [];
    private string _openOn = "";
    private string _etag = "";

    /// <summary>The row as last seen; null when there was none.</summary>
    public LimitWindow? Row { get; private set; }

    /// <summary>Whether <see cref="Row"/> may serve as the base of a write without reading again.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Reads the row. What landed is an earlier attempt whose outcome was open.</summary>
    public async ValueTask<(RowResult Result, RowChange? Landed, StoreMark Mark)> ReadAsync()
    {
        var answer = await store.ReadAsync(counter);
        return answer is StoreAnswer.Lost seen
            ? (RowResult.Done, Learn(seen.Row, seen.ETag), seen.Mark)
            : (RowResult.NotSent, null, answer.Mark);
    }

    /// <summary>Writes <paramref name="change"/> on the row last seen.</summary>
    public async ValueTask<(RowResult Result, RowChange? Landed, StoreMark Mark)> WriteAsync(RowChange change, long limitsVersion)
    {
        var attempt = change with { Row = change.Row.SignedBy(writer, nextSequence(), limitsVersion) };
        _openOn = _etag;
        _open.Add(attempt);
        var answer = Row is null ? await store.AddAsync(counter, attempt.Row) : await store.ReplaceAsync(counter, attempt.Row, _etag);
        switch (answer)
        {
            case StoreAnswer.Won won:
                _open.Clear();
                (Row, _etag, IsKnown) = (attempt.Row, won.ETag, true);
                return (RowResult.Done, attempt, won.Mark);
            case StoreAnswer.Lost lost:
                var landed = Learn(lost.Row, lost.ETag);
                _open.Remove(attempt);
                return (landed == attempt ? RowResult.Done : RowResult.Lost, landed, lost.Mark);
            case StoreAnswer.NotSent:
                _open.Remove(attempt);
                IsKnown = false;
                return (RowResult.NotSent, null, answer.Mark);
            default:
                IsKnown = false;
                return (RowResult.Unknown, null, answer.Mark);
        }
    }

    private RowChange? Learn(LimitWindow? row, string etag)
    {
        (Row, _etag, IsKnown) = (row, etag, true);
        if (etag == _openOn)
        {
            return null;
        }

        var landed = row?.Writer == writer ? _open.Find(attempt => attempt.Row.Sequence == row.Sequence && attempt.Row.Label == row.Label) : null;
        _open.Clear();
        return landed;
    }
}
