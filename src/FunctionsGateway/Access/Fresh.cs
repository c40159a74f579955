using FunctionsGateway.Errors;

namespace FunctionsGateway.Access;

/// <summary>Something of a caller's that is kept elsewhere: never older than 30 s when it is used, read by one reader for all who wait,
/// and in the background once it is half as old as that.</summary>
/// <param name="read">Reads it; a <see cref="GatewayException"/> (503) when it cannot be had.</param>
/// <param name="unanswered">The refusal when reading takes longer than 10 s.</param>
/// <param name="time">The clock.</param>
/// <param name="rest">How long a failed reading stands before there is another.</param>
internal sealed class Fresh<T>(Func<CancellationToken, Task<T>> read, Func<GatewayException> unanswered, TimeProvider time, TimeSpan rest = default)
{
    /// <summary>The longest that a revocation takes to be seen.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReadAgainAfter = Bound / 2;
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private Seen? _seen;
    private Task? _reading;
    private long _readAt;

    /// <summary>Whether it would have to be read anew.</summary>
    public bool IsOld => Volatile.Read(ref _seen) is { } seen && time.GetElapsedTime(seen.At) >= Bound;

    /// <summary>The value; at once while it is fresh.</summary>
    /// <exception cref="GatewayException">503: it cannot be had, and what is known is too old.</exception>
    public ValueTask<T> GetAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _seen) is { } seen && time.GetElapsedTime(seen.At) is var age && age < Bound)
        {
            if (age >= ReadAgainAfter)
            {
                // What fails here is met again by the first call after the bound.
                _ = Reading().ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }

            return ValueTask.FromResult(seen.Value);
        }

        return WaitAsync(cancellation);
    }

    private async ValueTask<T> WaitAsync(CancellationToken cancellation)
    {
        await Reading().WaitAsync(cancellation);
        return Volatile.Read(ref _seen)!.Value;
    }

    private Task Reading()
    {
        lock (_gate)
        {
            if (_reading is { IsCompleted: false } || (_reading is { IsFaulted: true } && time.GetElapsedTime(_readAt) < rest))
            {
                return _reading;
            }

            _readAt = time.GetTimestamp();
            return _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        // Counted from before the question: what the answer does not say may have happened since.
        var asked = time.GetTimestamp();
        using var limit = new CancellationTokenSource(LongestRead, time);
        try
        {
            Volatile.Write(ref _seen, new Seen(await read(limit.Token), asked));
        }
        catch (OperationCanceledException)
        {
            throw unanswered();
        }
    }

    private sealed record Seen(T Value, long At);
}
