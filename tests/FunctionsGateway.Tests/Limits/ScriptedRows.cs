using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Limits.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Histories of rows that vanish, clocks that are narrowed in vain, and several limits that are waited for at once.</summary>
public class ScriptedRows
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 10, TimeSpan.Zero);

    [Fact]
    public void Keeps_a_live_row_from_a_sweeper_whose_clock_is_ahead()
    {
        var fleet = Fleet.Started(Noon, 10, "second", instances: 2);
        fleet.Burst(1_000, TimeSpan.FromSeconds(10));
        fleet.World.At(Noon.AddSeconds(4.5).UtcTicks, () => Assert.Equal(0, fleet.Rows.Sweep(fleet.World.Time.AddMinutes(50))));
        fleet.RunFor(TimeSpan.FromSeconds(15));
        Assert.NotEmpty(fleet.Admitted);
        Assert.All(fleet.Sums(), sum => Assert.True(sum.Sum <= 10));
    }

    [Fact]
    public void Admits_nothing_more_in_a_window_whose_row_vanished()
    {
        var fleet = Fleet.Started(Noon, 10, "minute", instances: 2);
        fleet.Burst(6, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(6));
        Assert.Equal(1, fleet.Rows.Sweep(Noon.AddDays(1))); // somebody deletes the table
        var late = fleet.Boot();
        fleet.Call(fleet.Instances[0], Noon.AddSeconds(7)); // it knows, and tells
        for (var i = 0; i < 30; i++)
        {
            fleet.Call(i % 2 == 0 ? late : fleet.Instances[1], Noon.AddSeconds(8 + i));
        }

        fleet.Call(late, Noon.AddSeconds(60));
        fleet.RunFor(TimeSpan.FromSeconds(70));
        Assert.Equal([6L, 1L], fleet.Sums().OrderBy(sum => sum.Label).Select(sum => sum.Sum));
    }

    [Fact]
    public void Recovers_from_a_store_that_fails_while_the_clock_is_narrowed()
    {
        var faults = new Faults();
        var fleet = Fleet.Started(Noon, 10, "second", instances: 1, faults);
        for (var i = 0; i < 400; i++)
        {
            fleet.Call(fleet.Instances[0], Noon.AddMilliseconds(i * 50));
        }

        fleet.World.After(TimeSpan.FromMilliseconds(60), () => faults.IsDown = true);
        fleet.World.After(TimeSpan.FromMilliseconds(160), () => faults.IsDown = false);
        fleet.RunFor(TimeSpan.FromSeconds(30));
        Assert.NotEmpty(fleet.Unavailable);
        Assert.All(fleet.Unavailable, fault => Assert.True(fault.At - Noon < TimeSpan.FromSeconds(4)));
    }

    [Fact]
    public async Task Recovers_from_a_store_that_throws_while_the_clock_is_narrowed()
    {
        var store = new ThrowsOnce(new MemoryCounterStore(TimeProvider.System));
        var settings = new LimitSettings();
        using var metrics = new LimitMetrics();
        var counters = new CounterSet(store, TimeProvider.System, () => 0.5, settings, _ => Task.FromResult<GatewayRoute?>(null), metrics, NullLogger<CounterSet>.Instance);
        var limiter = new Limiter(counters, TimeProvider.System, settings);
        var route = Fleet.RouteWith(1, [new Limit(1_000, "second", null)]);
        await Assert.ThrowsAnyAsync<Exception>(async () => await limiter.AdmitAsync(route, "u", 0, CancellationToken.None));
        await Task.Delay(1_100);
        await Assert.ThrowsAnyAsync<Exception>(async () => await limiter.AdmitAsync(route, "u", 0, CancellationToken.None)); // begins the probe
        await Task.Delay(1_500);
        using var admitted = await limiter.AdmitAsync(route, "u", 0, CancellationToken.None);
    }

    [Fact]
    public void Reserves_nothing_of_a_long_limit_for_calls_that_a_short_one_refuses()
    {
        var fleet = new Fleet(1, Noon) { Current = Fleet.RouteWith(1, [new Limit(5, "day", "user"), new Limit(5, "minute", null)]) };
        var (others, ann) = (fleet.Boot(), fleet.Boot());
        for (var i = 0; i < 5; i++)
        {
            fleet.Call(others, Noon.AddSeconds(i), user: $"x{i}");
            fleet.Call(ann, Noon.AddSeconds(20).AddMilliseconds(i), user: "ann");
            fleet.Call(others, Noon.AddMinutes(2).AddSeconds(i), user: "ann");
        }

        fleet.RunFor(TimeSpan.FromMinutes(4));
        Assert.Equal(5, fleet.Admitted.Count(a => a.Counter.Key == "ann"));
        Assert.Equal(5, fleet.Refused.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Refuses_nobody_for_a_permit_that_a_refused_call_was_only_waiting_with(int seed)
    {
        var fleet = new Fleet(seed, Noon) { Current = Fleet.RouteWith(1, [new Limit(2, "hour", null), new Limit(1, "hour", "user")]) };
        var (first, second) = (fleet.Boot(), fleet.Boot());
        fleet.Call(first, Noon, user: "greedy");
        fleet.RunFor(TimeSpan.FromSeconds(25));
        fleet.Call(second, Noon.AddSeconds(30), user: "greedy");
        for (var i = 1; i < 25; i++)
        {
            fleet.Call(second, Noon.AddSeconds(30).AddMilliseconds(i), user: $"x{i}");
        }

        fleet.RunFor(TimeSpan.FromSeconds(30));
        var last = Assert.Single(fleet.Admitted, a => a.Instance == 1 && a.Counter.KeyKind == LimitKey.Route);
        Assert.True(fleet.Refused.Where(r => r.At < last.At).Count() <= 1, "only the greedy one may be refused before the last permit is used");
    }

    [Fact]
    public void Honours_allow_when_storage_is_too_slow()
    {
        var fleet = new Fleet(1, Noon, new Faults { Storm = 1 }, new LimitSettings { OnStorageFailure = StorageFailureRule.Allow });
        fleet.Current = Fleet.RouteWith(1, [new Limit(1_000, "minute", null)]);
        fleet.Boot();
        fleet.Boot();
        fleet.Burst(200, TimeSpan.FromSeconds(10));
        fleet.RunFor(TimeSpan.FromSeconds(20));
        Assert.Empty(fleet.Unavailable);
        Assert.Empty(fleet.Surprises);
    }

    [Fact]
    public void Forgets_the_longest_unasked_of_a_few_when_there_are_too_many()
    {
        var fleet = new Fleet(1, Noon) { Capacity = 1_000, Current = Fleet.RouteWith(1, [new Limit(5, "hour", "user")]) };
        var counters = fleet.Boot().Counters;
        for (var i = 0; i < 3_000; i++)
        {
            counters.Return(counters.Rent(LimitPlan.Of(fleet.Current), $"u{i}", 0, TimeSpan.FromTicks(i)));
            counters.Return(counters.Rent(LimitPlan.Of(fleet.Current), $"u{i}", 0, TimeSpan.FromTicks(i)));
        }

        Assert.Equal(1_000, counters.Count);
    }

    private sealed class ThrowsOnce(ICounterStore inner) : ICounterStore
    {
        private int _reads;

        public ValueTask<StoreAnswer> ReadAsync(CounterIdentity counter) => ++_reads == 2 ? throw new System.Text.Json.JsonException("a body cut short") : inner.ReadAsync(counter);

        public ValueTask<StoreAnswer> AddAsync(CounterIdentity counter, LimitWindow row) => inner.AddAsync(counter, row);

        public ValueTask<StoreAnswer> ReplaceAsync(CounterIdentity counter, LimitWindow row, string etag) => inner.ReplaceAsync(counter, row, etag);

        public Task<int> SweepAsync(DateTimeOffset earliest, TimeSpan interval, CancellationToken cancellation) => inner.SweepAsync(earliest, interval, cancellation);
    }
}
