namespace FunctionsGateway.Limits.Counting;

/// <summary>When the store answered.</summary>
/// <param name="Date">The store's clock in whole seconds, as its answer said; null when nothing came back.</param>
/// <param name="Sent">The monotonic timestamp before the request was sent.</param>
/// <param name="Received">The monotonic timestamp after the answer was received.</param>
internal readonly record struct StoreMark(DateTimeOffset? Date, long Sent, long Received);

/// <summary>What became of a request to the counter store. It says when it does not know.</summary>
internal abstract record StoreAnswer(StoreMark Mark)
{
    /// <summary>Written; the row's ETag is now <paramref name="ETag"/>.</summary>
    public sealed record Won(string ETag, StoreMark Mark) : StoreAnswer(Mark);

    /// <summary>Not written, because the row is not what the writer thought (for a read: here is the row).</summary>
    /// <param name="Row">The row as it is; null when there is none.</param>
    /// <param name="ETag">Its ETag; empty when there is none.</param>
    /// <param name="Mark">When.</param>
    public sealed record Lost(LimitWindow? Row, string ETag, StoreMark Mark) : StoreAnswer(Mark);

    /// <summary>Certainly not written, for another reason than the row (no connection, refused, a read that failed).</summary>
    public sealed record NotSent(StoreMark Mark) : StoreAnswer(Mark);

    /// <summary>Nobody knows whether it was, or will yet be, written.</summary>
    public sealed record Unknown(StoreMark Mark) : StoreAnswer(Mark);
}

/// <summary>Rows of counters: read, and write if unchanged. No method throws for what storage or the network do, nor tries twice.</summary>
internal interface ICounterStore
{
    /// <summary>Reads a row: <see cref="StoreAnswer.Lost"/> with it, or <see cref="StoreAnswer.NotSent"/>.</summary>
    ValueTask<StoreAnswer> ReadAsync(CounterIdentity counter);

    /// <summary>Adds the row if there is none.</summary>
    ValueTask<StoreAnswer> AddAsync(CounterIdentity counter, LimitWindow row);

    /// <summary>Replaces the row if its ETag is still <paramref name="etag"/>.</summary>
    ValueTask<StoreAnswer> ReplaceAsync(CounterIdentity counter, LimitWindow row, string etag);

    /// <summary>Deletes, if nobody has since <paramref name="interval"/>, all rows that are over (<see cref="LimitWindow.IsOver"/>) by <paramref name="earliest"/>; returns how many.</summary>
    Task<int> SweepAsync(DateTimeOffset earliest, TimeSpan interval, CancellationToken cancellation);
}
