using FunctionsGateway.Errors;

namespace FunctionsGateway.Access.Keys;

/// <summary>What an instance knows of one public part: the key, or that there is none. Never older than 30 s when it is used.</summary>
internal sealed class KnownKey(string id, IKeyStore store, TimeProvider time)
{
    /// <summary>The longest that a revocation takes to be seen.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ReadAgainAfter = Bound / 2;

    private readonly Lock _gate = new();
    private Seen? _seen;
    private Task? _reading;

    /// <summary>Whether it can be forgotten.</summary>
    public bool IsOld => Volatile.Read(ref _seen) is { } seen && time.GetElapsedTime(seen.At) >= Bound;

    /// <summary>The caller whose key <paramref name="text"/> is, or null.</summary>
    /// <exception cref="GatewayException">503: storage does not answer, and what is known is too old.</exception>
    public ValueTask<Caller?> FindAsync(string text, CancellationToken cancellation)
    {
        if (Volatile.Read(ref _seen) is { } seen && time.GetElapsedTime(seen.At) is var age && age < Bound)
        {
            if (age >= ReadAgainAfter)
            {
                // What fails here is met again by the first call after the bound.
                _ = Reading().ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }

            return ValueTask.FromResult(CallerOf(seen, text));
        }

        return WaitAsync(text, cancellation);
    }

    private async ValueTask<Caller?> WaitAsync(string text, CancellationToken cancellation)
    {
        await Reading().WaitAsync(cancellation);
        return CallerOf(Volatile.Read(ref _seen)!, text);
    }

    private Caller? CallerOf(Seen seen, string text) => seen.Key?.Admits(text, time.GetUtcNow()) == true ? seen.Caller : null;

    private Task Reading()
    {
        lock (_gate)
        {
            return _reading is { IsCompleted: false } ? _reading : _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        // Counted from before the question: what the answer does not say may have happened since.
        var asked = time.GetTimestamp();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        try
        {
            var key = await store.FindAsync(id, limit.Token);
            Volatile.Write(ref _seen, new Seen(key, key?.ToCaller(), asked));
        }
        catch (OperationCanceledException)
        {
            throw new GatewayException(503, "The storage of keys does not answer in time.") { Code = "storage_unavailable", RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    private sealed record Seen(GatewayKey? Key, Caller? Caller, long At);
}
