using FunctionsGateway.Errors;
using FunctionsGateway.Limits.Counting;

namespace FunctionsGateway.Limits;

/// <content>Calls that memory alone cannot answer: they wait for a row or for a boundary, or are refused.</content>
internal sealed partial class Limiter
{
    private const int PromptLooks = 4;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    private async ValueTask<Reservation> AdmitSlowlyAsync(Hold hold, CancellationToken cancellation)
    {
        var deadline = counters.Moment + settings.AdmissionWait;
        using var timeout = new CancellationTokenSource(settings.AdmissionWait, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        var isAdmitted = false;
        var waiters = new List<Waiter>();
        try
        {
            for (var looks = 0; ; looks++)
            {
                TimeSpan pause;
                lock (counters.Gate)
                {
                    var (now, moment) = (Now(), counters.Moment);
                    var standing = Look(hold, now, moment);
                    switch (standing)
                    {
                        case Standing.Ready:
                            isAdmitted = true;
                            counters.Metrics.Admitted(hold.Plan.Route);
                            return new Reservation(this, hold);
                        case Standing.Refused:
                            throw Refusal(hold, now!.Value);
                    }

                    pause = standing == Standing.AskRow ? TimeSpan.Zero : UntilNextLook(hold, now!.Value);
                    if (moment + pause > deadline)
                    {
                        return AllowUnchecked(hold, standing == Standing.Ahead ? Unavailable(hold, pause, "a counter's window has not begun by the storage's clock") : Slow(hold));
                    }

                    if (standing is Standing.AskRow or Standing.Ahead)
                    {
                        if (counters.IsStorageDown)
                        {
                            counters.ProbeStorage(hold.Entries[0].Counter);
                            return AllowUnchecked(hold, Unavailable(hold, TimeSpan.FromSeconds(1), "their storage does not answer"));
                        }

                        JoinNext(hold, now, moment, waiters);
                    }

                    // Each look but the first few costs a pause, so that no disagreement about a row can make a loop spin.
                    pause = looks > hold.Count + PromptLooks || (pause == TimeSpan.Zero && waiters.Count == 0) ? pause + ShortestPause : pause;
                }

                if (pause > TimeSpan.Zero)
                {
                    await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellation);
                }

                foreach (var waiter in waiters)
                {
                    using var leave = linked.Token.UnsafeRegister(static late => ((Waiter)late!).End(WaitResult.TimedOut), waiter);
                    switch (await waiter.Done)
                    {
                        case WaitResult.StorageFailed:
                            return AllowUnchecked(hold, Unavailable(hold, TimeSpan.FromSeconds(1), "their storage does not answer"));
                        case WaitResult.TimedOut:
                            cancellation.ThrowIfCancellationRequested();
                            return AllowUnchecked(hold, Slow(hold));
                    }
                }

                waiters.Clear();
            }
        }
        finally
        {
            lock (counters.Gate)
            {
                waiters.ForEach(waiter => hold.Entries[waiter.Entry].Counter.Leave(waiter));
                if (!isAdmitted)
                {
                    hold.PutAllBack();
                    counters.Return(hold);
                }
            }
        }
    }

    /// <summary>One counter after another, the shortest window first and then the smallest limit: a call that one of them refuses should leave the others as they were.</summary>
    private static void JoinNext(Hold hold, StoreTime? now, TimeSpan moment, List<Waiter> waiters)
    {
        var next = -1;
        for (var i = 0; i < hold.Count; i++)
        {
            var counter = hold.Entries[i].Counter;
            if (counter.StandingOf(hold.Entries[i].Amount, now, moment) is Standing.AskRow or Standing.Ahead
                && (next < 0 || (counter.Identity.Period.Shortest, counter.Limit).CompareTo((hold.Entries[next].Counter.Identity.Period.Shortest, hold.Entries[next].Counter.Limit)) < 0))
            {
                next = i;
            }
        }

        if (next >= 0)
        {
            waiters.Add(hold.Entries[next].Counter.Join(hold, next));
        }
    }

    private static TimeSpan UntilNextLook(Hold hold, StoreTime now)
    {
        var look = now.Earliest;
        foreach (ref var entry in hold.Entries)
        {
            var next = entry.IsTaken ? look : entry.Counter.NextLook(now);
            look = next > look ? next : look;
        }

        return look - now.Earliest + TimeSpan.FromMilliseconds(1);
    }

    private LimitExceededException Refusal(Hold hold, StoreTime now)
    {
        // Of several that refuse, the one that refuses longest: then Retry-After is true.
        HoldEntry refusing = hold.Entries[0];
        var isFound = false;
        foreach (ref var entry in hold.Entries)
        {
            if (entry.Counter.StandingOf(entry.Amount, now, counters.Moment) == Standing.Refused
                && (!isFound || entry.Counter.FitsAt(entry.Amount, now) > refusing.Counter.FitsAt(refusing.Amount, now)))
            {
                (refusing, isFound) = (entry, true);
            }
        }

        var (route, rule, reset) = (hold.Plan.Route, refusing.Rule with { Amount = refusing.Counter.Limit }, refusing.Counter.FitsAt(refusing.Amount, now));
        counters.Metrics.Refused(route, rule.Name);
        var wait = TimeSpan.FromSeconds(RateHeaders.SecondsUntil(reset, now));
        return new LimitExceededException(route, rule, refusing.Amount, reset, wait, settings.MaxRetryAfter, RateHeaders.Of(hold.Entries, now));
    }

    private GatewayException Slow(Hold hold) => Unavailable(hold, TimeSpan.FromSeconds(1), $"their storage took longer than {settings.AdmissionWait.TotalSeconds} s");

    private GatewayException Unavailable(Hold hold, TimeSpan wait, string why)
    {
        return new GatewayException(503, $"The limits of route '{hold.Plan.Route}' cannot be checked now: {why}.")
        {
            Type = "service_unavailable",
            Code = "limits_unavailable",
            RetryAfter = wait <= settings.MaxRetryAfter ? wait : null,
        };
    }

    private GatewayException Counted(Hold hold, GatewayException refusal)
    {
        counters.Metrics.Unavailable(hold.Plan.Route);
        return refusal;
    }

    private Reservation AllowUnchecked(Hold hold, GatewayException refusal)
    {
        if (settings.OnStorageFailure == StorageFailureRule.Refuse)
        {
            throw Counted(hold, refusal);
        }

        counters.Metrics.AdmittedUnchecked(hold.Plan.Route);
        return default;
    }
}
