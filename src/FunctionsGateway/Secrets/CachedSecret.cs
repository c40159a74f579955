using FunctionsGateway.Errors;

namespace FunctionsGateway.Secrets;

/// <summary>One secret in memory: fresh within a bound, read anew in the background before that, by one reader for all who wait;
/// while the vault does not answer, or only slowly, the last value serves, up to a longer bound.</summary>
/// <param name="read">Reads the secret where it is kept; a <see cref="GatewayException"/> says that it cannot be had, and is final.</param>
/// <param name="settings">The bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class CachedSecret(Func<CancellationToken, Task<Secret>> read, SecretSettings settings, TimeProvider time)
{
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SlowAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BetweenRenewals = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenMisses = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TimeSpan _readAgainAfter = settings.FreshFor * 0.8;
    private Held? _held;
    private Task? _reading;
    private GatewayException? _refusal;
    private int _failures;
    private long _restsSince;
    private TimeSpan _rest;
    private (Secret Value, long At)? _renewed;
    private int _begun;
    private long _begunAt;

    /// <summary>How old the value is.</summary>
    public TimeSpan Age => Volatile.Read(ref _held) is { } held ? time.GetElapsedTime(held.At) : TimeSpan.MaxValue;

    /// <summary>The secret; at once while it is fresh.</summary>
    /// <exception cref="GatewayException">503: it cannot be had.</exception>
    public ValueTask<Secret> GetAsync(CancellationToken cancellation)
    {
        if (Volatile.Read(ref _held) is { } held && time.GetElapsedTime(held.At) is var age && age < settings.FreshFor)
        {
            if (age >= _readAgainAfter)
            {
                _ = Reading();
            }

            return ValueTask.FromResult(held.Secret);
        }

        return WaitAsync(cancellation);
    }

    /// <summary>A value other than <paramref name="refused"/>; null when there is none. It is read where it is kept after the refusal, for one value at most once a
    /// second, which who comes sooner waits out; not while that rests; and no longer than <paramref name="cancellation"/> lets it.</summary>
    public async ValueTask<Secret?> RenewAsync(Secret refused, CancellationToken cancellation)
    {
        try
        {
            // A reading that was under way may have begun before the value was changed: then it takes one more.
            var begun = Volatile.Read(ref _begun);
            while (Volatile.Read(ref _held) is { } held && held.Secret.IsSame(refused) && held.Number <= begun && Renewal(refused, cancellation) is { } step)
            {
                await step.WaitAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The refusal tells more than that time ran out.
        }

        return Volatile.Read(ref _held)?.Secret is { } now && !now.IsSame(refused) ? now : null;
    }

    private async ValueTask<Secret> WaitAsync(CancellationToken cancellation)
    {
        var (reading, patience) = Reading();
        if (IsUsable(Volatile.Read(ref _held)))
        {
            // A vault that is slow, or lost, does not hold up calls that an older value serves.
            if (!reading.IsCompleted && patience > TimeSpan.Zero)
            {
                await Task.WhenAny(reading, Task.Delay(patience, time, cancellation));
                cancellation.ThrowIfCancellationRequested();
            }
        }
        else
        {
            await reading.WaitAsync(cancellation);
        }

        return Volatile.Read(ref _held) is { } held && IsUsable(held) ? held.Secret : throw Refusal();
    }

    private bool IsUsable(Held? held) => held is not null && time.GetElapsedTime(held.At) < settings.MaxStale;

    // What is read, and how long it is worth waiting for while there is an older value.
    private (Task Reading, TimeSpan Patience) Reading()
    {
        lock (_gate)
        {
            var reading = _reading ?? (time.GetElapsedTime(_restsSince) < _rest ? Task.CompletedTask : Begin());
            return (reading, SlowAfter - time.GetElapsedTime(_begunAt));
        }
    }

    private Task? Renewal(Secret refused, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_reading is not null)
            {
                return _reading;
            }

            if (time.GetElapsedTime(_restsSince) < _rest)
            {
                return null;
            }

            if (_renewed is { } last && last.Value.IsSame(refused) && BetweenRenewals - time.GetElapsedTime(last.At) is { Ticks: > 0 } left)
            {
                return Task.Delay(left, time, cancellation);
            }

            _renewed = (refused, time.GetTimestamp());
            return Begin();
        }
    }

    private Task Begin()
    {
        // Begun elsewhere, so that the lock is not held and nobody's cancellation ends what others wait for.
        var number = ++_begun;
        _begunAt = time.GetTimestamp();
        return _reading = Task.Run(() => ReadAsync(number));
    }

    private async Task ReadAsync(int number)
    {
        var began = time.GetTimestamp();
        using var limit = new CancellationTokenSource(LongestRead, time);
        try
        {
            var secret = await read(limit.Token);
            Settle(new Held(secret, began, number), null, TimeSpan.Zero);
        }
        catch (GatewayException refusal)
        {
            Settle(null, refusal, BetweenMisses);
        }
#pragma warning disable CA1031 // whatever a vault's client throws, its last value goes on serving
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var doubled = TimeSpan.FromSeconds(1 << Math.Min(_failures++, 6));
            var asked = (failure as SecretStoreException)?.RetryAfter ?? TimeSpan.Zero;
            var rest = doubled > asked ? doubled : asked;
            Settle(Volatile.Read(ref _held), null, rest < LongestRest ? rest : LongestRest);
        }
    }

    private void Settle(Held? held, GatewayException? refusal, TimeSpan rest)
    {
        lock (_gate)
        {
            Volatile.Write(ref _held, held);
            _failures = rest == TimeSpan.Zero ? 0 : _failures;
            (_refusal, _rest, _restsSince, _reading) = (refusal, rest, time.GetTimestamp(), null);
        }
    }

    // An exception is thrown once: its trace belongs to the throw.
    private GatewayException Refusal()
    {
        lock (_gate)
        {
            return _refusal is { } refusal
                ? new GatewayException(refusal.Status, refusal.Message) { Code = refusal.Code }
                : new GatewayException(503, "The vault that holds the key does not answer. Try again.") { Code = "vault_unavailable", RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    private sealed record Held(Secret Secret, long At, int Number);
}
