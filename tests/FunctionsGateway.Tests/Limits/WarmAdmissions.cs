using System.Diagnostics.Metrics;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Limits.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Limits;

/// <summary>What one process does with permits in memory, on the real clocks.</summary>
public sealed class WarmAdmissions : IDisposable
{
    private readonly LimitMetrics _metrics = new();
    private readonly LimitSettings _settings = new();
    private readonly CounterSet _counters;
    private readonly Limiter _limiter;

    public WarmAdmissions()
    {
        _counters = new CounterSet(new MemoryCounterStore(TimeProvider.System), TimeProvider.System, () => 0.5, _settings, _ => Task.FromResult<GatewayRoute?>(null), _metrics, NullLogger<CounterSet>.Instance);
        _limiter = new Limiter(_counters, TimeProvider.System, _settings);
    }

    [Fact]
    public async Task Allocate_nothing()
    {
        var route = Fleet.RouteWith(1, [new Limit(1_000_000_000, "year", null), new Limit(1_000_000_000, "year", "user")]);
        for (var i = 0; i < 20_000; i++)
        {
            using var warm = await _limiter.AdmitAsync(route, "ann", 0, CancellationToken.None);
            warm.MarkUsed();
        }

        // Warm is when the permits of this test are in memory; they are fetched in the background.
        while (Permits() < 2_000)
        {
            using var warm = await _limiter.AdmitAsync(route, "ann", 0, CancellationToken.None);
            await Task.Delay(1);
        }

        long fewest = long.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                var admission = _limiter.AdmitAsync(route, "ann", 0, CancellationToken.None);
                Assert.True(admission.IsCompletedSuccessfully);
                using var reservation = await admission;
                reservation.MarkUsed();
            }

            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, fewest);
    }

    [Fact]
    public async Task Cost_nothing_where_there_are_no_limits()
    {
        using var reservation = await _limiter.AdmitAsync(Fleet.RouteWith(1, []), "ann", 0, CancellationToken.None);
        Assert.Null(reservation.Hold);
        Assert.Null(reservation.Headers());
    }

    [Fact]
    public async Task Carry_headers_and_refusals_carry_all_that_a_dialect_needs()
    {
        var route = Fleet.RouteWith(1, [new Limit(2, "hour", "user"), new Limit(9, "5 hours", null)], [new TokenLimit(100, "day", null)]);
        using (var reservation = await _limiter.AdmitAsync(route, "ann", 30, CancellationToken.None))
        {
            reservation.MarkUsed();
            var headers = reservation.Headers()!;
            Assert.Equal("\"hour-user\";q=2;w=3600, \"5hour-route\";q=9;w=18000, \"day-route-tokens\";q=100;w=86400;qu=\"tokens\"", headers.Policy);
            Assert.Matches("^\"hour-user\";r=1;t=[0-9]+, \"5hour-route\";r=8;t=[0-9]+, \"day-route-tokens\";r=70;t=[0-9]+$", headers.State);
            Assert.Equal(["2", "1"], headers.OpenAi.Take(2).Select(header => header.Value));
        }

        (await _limiter.AdmitAsync(route, "ann", 30, CancellationToken.None)).MarkUsed();
        var refusal = await Assert.ThrowsAsync<LimitExceededException>(async () => await _limiter.AdmitAsync(route, "ann", 30, CancellationToken.None));
        Assert.Equal((429, "Rate limit exceeded: 2 per 1 hour", "rate_limit_error"), (refusal.Status, refusal.Error, refusal.Type));
        Assert.Matches("^Route 'chat' allows 2 per 1 hour for each user; the window resets at [0-9-]+T[0-9:]+00:00Z\\.$", refusal.Message);
        Assert.True(refusal.RetryAfter is null || refusal.RetryAfter <= TimeSpan.FromMinutes(5));
        Assert.Equal(["RateLimit-Policy", "RateLimit"], refusal.Headers.Select(header => header.Key));
    }

    [Fact]
    public async Task Refuse_a_call_that_no_window_can_hold_without_a_retry_after()
    {
        var route = Fleet.RouteWith(1, [], [new TokenLimit(100, "minute", null)]);
        var refusal = await Assert.ThrowsAsync<LimitExceededException>(async () => await _limiter.AdmitAsync(route, "ann", 101, CancellationToken.None));
        Assert.Null(refusal.RetryAfter);
        Assert.Contains("waiting does not help", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settle_once_and_survive_being_disposed_twice()
    {
        var route = Fleet.RouteWith(1, [], [new TokenLimit(100, "day", null)]);
        var first = await _limiter.AdmitAsync(route, "ann", 60, CancellationToken.None);
        first.MarkUsed();
        for (var i = 0; i < 10; i++)
        {
            first.Settle(10);
        }

        first.Dispose();
        first.Dispose();
        using var second = await _limiter.AdmitAsync(route, "ann", 90, CancellationToken.None);
        first.Dispose();
        second.MarkUsed();
        await Assert.ThrowsAsync<LimitExceededException>(async () => await _limiter.AdmitAsync(route, "ann", 1, CancellationToken.None));
    }

    [Fact]
    public async Task Leave_the_queue_when_the_caller_is_gone()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                (await _limiter.AdmitAsync(Fleet.RouteWith(1, [new Limit(5, "day", "user")]), $"u{i}", 0, gone.Token)).Dispose();
            }
        });
    }

    [Fact]
    public async Task Forget_the_least_recently_used_counters()
    {
        var few = new CounterSet(new MemoryCounterStore(TimeProvider.System), TimeProvider.System, () => 0.5, _settings, _ => Task.FromResult<GatewayRoute?>(null), _metrics, NullLogger<CounterSet>.Instance, capacity: 10);
        var limiter = new Limiter(few, TimeProvider.System, _settings);
        var route = Fleet.RouteWith(1, [new Limit(3, "day", "user")]);
        for (var round = 0; round < 3; round++)
        {
            for (var user = 0; user < 50; user++)
            {
                (await limiter.AdmitAsync(route, $"u{user}", 0, CancellationToken.None)).MarkUsed();
            }
        }

        // Rows remember what memory forgot.
        await Assert.ThrowsAsync<LimitExceededException>(async () => await limiter.AdmitAsync(route, "u0", 0, CancellationToken.None));
    }

    [Fact]
    public async Task Count_what_they_do()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, me) => { if (instrument.Meter.Name == "FunctionsGateway") { me.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.Start();
        var route = Fleet.RouteWith(1, [new Limit(1, "day", null)]);
        (await _limiter.AdmitAsync(route, "ann", 0, CancellationToken.None)).MarkUsed();
        await Assert.ThrowsAsync<LimitExceededException>(async () => await _limiter.AdmitAsync(route, "ann", 0, CancellationToken.None));
        Assert.Superset(new HashSet<string> { "gateway.limits.admitted", "gateway.limits.refused", "gateway.limits.storage.writes", "gateway.limits.commit.waiters" }, seen.Keys.ToHashSet());
    }

    public void Dispose() => _metrics.Dispose();

    private long Permits()
    {
        lock (_counters.Gate)
        {
            return _counters.Holding() is { Count: 2 } both ? both.Min(counter => counter.Permits) : 0;
        }
    }
}
