using System.Runtime.CompilerServices;
using FunctionsGateway.Errors;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Limits;

/// <summary>Admits calls, so that no window of any limit ever admits more than its number, however many instances run (docs/limits.md).</summary>
internal sealed partial class Limiter(CounterSet counters, TimeProvider time, LimitSettings settings)
{
    private readonly ConditionalWeakTable<GatewayRoute, LimitPlan> _plans = [];

    /// <summary>Admits a call or refuses it: permits of all the route's limits are taken together, or none is.</summary>
    /// <param name="route">The route as the call found it.</param>
    /// <param name="callerId">The <c>user</c> of limits.</param>
    /// <param name="tokenEstimate">What token limits reserve (<see cref="TokenEstimate"/>); read only when the route has token limits.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="LimitExceededException">A limit refuses: 429.</exception>
    /// <exception cref="GatewayException">Storage fails or is too slow: 503.</exception>
    public ValueTask<Reservation> AdmitAsync(GatewayRoute route, string callerId, long tokenEstimate, CancellationToken cancellation)
    {
        if (route.Limits.Count == 0 && route.TokenLimits.Count == 0)
        {
            return default;
        }

        if (!_plans.TryGetValue(route, out var plan))
        {
            plan = _plans.GetValue(route, LimitPlan.Of);
        }

        Hold hold;
        lock (counters.Gate)
        {
            var moment = counters.Moment;
            hold = counters.Rent(plan, callerId, tokenEstimate, moment);
            if (Look(hold, Now(), moment) == Standing.Ready)
            {
                counters.Metrics.Admitted(plan.Route);
                return new(new Reservation(this, hold));
            }
        }

        return AdmitSlowlyAsync(hold, cancellation);
    }

    /// <summary>Gives all permits in memory back to their rows, as far as the time allows.</summary>
    public async Task GiveBackAsync(CancellationToken cancellation)
    {
        IReadOnlyList<Counter> holding;
        lock (counters.Gate)
        {
            holding = counters.Holding();
        }

        await Task.WhenAll(holding.Chunk(64).Select(async group =>
        {
            foreach (var counter in group)
            {
                cancellation.ThrowIfCancellationRequested();
                await counter.GiveAllBackAsync();
            }
        })).WaitAsync(cancellation);
    }

    /// <summary>See <see cref="Reservation.MarkUsed"/>.</summary>
    internal void MarkUsed(Hold hold, int turn)
    {
        lock (counters.Gate)
        {
            hold.IsUsed |= hold.Turn == turn;
        }
    }

    /// <summary>See <see cref="Reservation.Settle"/>.</summary>
    internal void Settle(Hold hold, int turn, long actualTokens)
    {
        lock (counters.Gate)
        {
            if (hold.Turn != turn || hold.IsSettled)
            {
                return;
            }

            hold.IsSettled = true;
            actualTokens = Math.Max(0, actualTokens); // whatever a provider reports, no call brings tokens
            foreach (ref var entry in hold.Entries)
            {
                if (entry.Rule.Resource != LimitResource.Tokens || entry.Amount == 0)
                {
                    continue;
                }

                if (actualTokens < entry.Amount)
                {
                    entry.Counter.PutBack(entry.Epoch, entry.Amount - actualTokens);
                }
                else if (actualTokens > entry.Amount)
                {
                    entry.Counter.Charge(actualTokens - entry.Amount);
                }
            }
        }
    }

    /// <summary>See <see cref="Reservation.Headers"/>.</summary>
    internal RateHeaders? HeadersOf(Hold hold, int turn)
    {
        lock (counters.Gate)
        {
            return hold.Turn == turn && Now() is { } now ? RateHeaders.Of(hold.Entries, now) : null;
        }
    }

    /// <summary>See <see cref="Reservation.Dispose"/>.</summary>
    internal void Release(Hold hold, int turn)
    {
        lock (counters.Gate)
        {
            if (hold.Turn != turn)
            {
                return;
            }

            if (!hold.IsUsed && !hold.IsSettled)
            {
                hold.PutAllBack();
            }

            counters.Return(hold);
        }
    }

    private StoreTime? Now() => counters.Clock.TryNow(out var now) ? now : null;

    /// <summary>How the call stands with all its counters, the most hopeless first; when all are ready, takes of all.</summary>
    private static Standing Look(Hold hold, StoreTime? now, TimeSpan moment)
    {
        if (hold.TryTake(now, moment))
        {
            return Standing.Ready;
        }

        hold.PutAllBack();
        var worst = Standing.Ready;
        foreach (ref var entry in hold.Entries)
        {
            var standing = entry.Counter.StandingOf(entry.Amount, now, moment);
            worst = standing == Standing.Refused || worst == Standing.Refused ? Standing.Refused : (Standing)Math.Max((int)worst, (int)standing);
        }

        return worst == Standing.Ready ? Standing.AskRow : worst;
    }
}
