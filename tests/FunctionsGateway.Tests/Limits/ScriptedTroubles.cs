using FunctionsGateway.Limits;
using FunctionsGateway.Tests.Limits.Simulation;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Histories of storage that fails, calls that are never made, and tokens that were guessed wrong.</summary>
public class ScriptedTroubles
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 10, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Never_spends_a_give_back_whose_outcome_is_unknown(double lostAfter, double lostBefore)
    {
        var faults = new Faults();
        var fleet = Fleet.Started(Noon, 200, "hour", instances: 1, faults);
        fleet.Burst(50, TimeSpan.FromSeconds(1));
        fleet.RunFor(TimeSpan.FromSeconds(1.5));
        var permits = Assert.Single(fleet.Instances[0].Counters.Holding()).Permits;
        (faults.LostBefore, faults.LostAfter) = (lostBefore, lostAfter);
        fleet.RunFor(TimeSpan.FromSeconds(8));
        (faults.LostBefore, faults.LostAfter) = (0, 0);
        fleet.Burst(400, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(10));
        Assert.True(permits > 0);
        Assert.InRange(fleet.Admitted.Count, 200 - permits, 200);
    }

    [Fact]
    public void Serves_second_windows_from_a_cold_start()
    {
        var fleet = Fleet.Started(Noon, 10, "second", instances: 2);
        for (var i = 0; i < 600; i++)
        {
            fleet.Call(fleet.Instances[i % 2], Noon.AddSeconds(i * 0.01));
        }

        fleet.RunFor(TimeSpan.FromSeconds(15));
        Assert.All(fleet.Sums(), sum => Assert.True(sum.Sum <= 10));
        Assert.InRange(fleet.Admitted.Count, 50, 80);
        Assert.Empty(fleet.Unavailable);
    }

    [Fact]
    public void Answers_503_at_once_while_storage_is_down_and_recovers_within_a_probe()
    {
        var faults = new Faults();
        var fleet = Fleet.Started(Noon, 50, "minute", instances: 1, faults);
        faults.IsDown = true;
        fleet.Burst(20, TimeSpan.FromSeconds(3));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal(20, fleet.Unavailable.Count);
        Assert.All(fleet.Unavailable, fault => Assert.Equal((503, 1.0), (fault.Fault.Status, fault.Fault.RetryAfter!.Value.TotalSeconds)));
        faults.IsDown = false;
        fleet.Burst(20, TimeSpan.FromSeconds(3));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.InRange(fleet.Admitted.Count, 12, 20);
    }

    [Fact]
    public void Admits_and_counts_while_storage_is_down_when_told_to()
    {
        var fleet = new Fleet(1, Noon, new Faults { IsDown = true }, new LimitSettings { OnStorageFailure = StorageFailureRule.Allow });
        fleet.Current = Fleet.RouteWith(1, [new Limit(1, "minute", null)]);
        fleet.Boot();
        fleet.Burst(20, TimeSpan.FromSeconds(3));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.Empty(fleet.Unavailable);
        Assert.Empty(fleet.Refused);
    }

    [Fact]
    public void Waits_no_longer_than_told_for_slow_storage()
    {
        var fleet = Fleet.Started(Noon, 50, "minute", instances: 1, new Faults { Latency = TimeSpan.FromSeconds(4) });
        fleet.Call(fleet.Instances[0], Noon);
        fleet.RunFor(TimeSpan.FromSeconds(60));
        Assert.Equal(TimeSpan.FromSeconds(2), Assert.Single(fleet.Unavailable).At - Noon);
    }

    [Fact]
    public void Charges_no_limit_when_another_refuses()
    {
        var fleet = new Fleet(5, Noon);
        fleet.Current = Fleet.RouteWith(1, [new Limit(30, "minute", null), new Limit(5, "minute", "user")]);
        fleet.Boot();
        for (var i = 0; i < 100; i++)
        {
            fleet.Call(fleet.Instances[0], Noon.AddSeconds(i * 0.01), user: "greedy");
            fleet.Call(fleet.Instances[0], Noon.AddSeconds(5 + (i * 0.05)), user: $"u{i % 10}");
        }

        fleet.RunFor(TimeSpan.FromSeconds(20));
        Assert.Equal(30, fleet.Admitted.Count(a => a.Counter.KeyKind == LimitKey.Route));
        Assert.Equal(5, fleet.Admitted.Count(a => a.Counter.Key == "greedy"));
    }

    [Fact]
    public void Returns_a_permit_that_no_provider_saw()
    {
        var fleet = Fleet.Started(Noon, 5, "hour", instances: 1);
        for (var i = 0; i < 50; i++)
        {
            fleet.Call(fleet.Instances[0], Noon.AddSeconds(i), isUsed: false);
        }

        fleet.RunFor(TimeSpan.FromSeconds(55));
        Assert.Empty(fleet.Refused);
        fleet.Burst(10, TimeSpan.FromSeconds(5));
        fleet.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(5, fleet.Admitted.Count);
    }

    [Fact]
    public void Carries_an_overrun_of_tokens_as_debt_that_later_windows_pay()
    {
        var fleet = new Fleet(1, Noon);
        fleet.Current = Fleet.RouteWith(1, [], [new TokenLimit(100, "minute", null)]);
        var instance = fleet.Boot();
        fleet.Call(instance, Noon, estimate: 60, actual: 350); // 250 beyond the limit
        for (var minute = 1; minute <= 4; minute++)
        {
            fleet.Call(instance, Noon.AddMinutes(minute), estimate: 60, actual: 60);
        }

        fleet.RunFor(TimeSpan.FromMinutes(6));

        // 250 of debt: minutes 1 and 2 pay it all, minute 3 begins with 50 left.
        Assert.Equal(3, fleet.Refused.Count);
        Assert.Equal([Noon.Minute, Noon.Minute + 4], fleet.Admitted.Select(a => a.At.Minute));
    }

    [Fact]
    public void Gives_a_surplus_of_tokens_to_the_next_call()
    {
        var fleet = new Fleet(1, Noon);
        fleet.Current = Fleet.RouteWith(1, [], [new TokenLimit(100, "hour", null)]);
        var instance = fleet.Boot();
        for (var i = 0; i < 10; i++)
        {
            fleet.Call(instance, Noon.AddSeconds(i), estimate: 90, actual: 10);
        }

        fleet.RunFor(TimeSpan.FromSeconds(30));
        Assert.Equal([2, 8], new[] { fleet.Admitted.Count, fleet.Refused.Count });
    }
}
