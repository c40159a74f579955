using FunctionsGateway.Limits;
using FunctionsGateway.Tests.Limits.Simulation;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Histories told step by step.</summary>
public class ScriptedHistories
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 10, TimeSpan.Zero);

    [Fact]
    public void Admits_exactly_the_limit_of_a_burst_over_many_instances()
    {
        var fleet = Fleet.Started(Noon, 50, "minute", instances: 8);
        fleet.Burst(200, TimeSpan.FromSeconds(5));
        fleet.RunFor(TimeSpan.FromSeconds(20));
        Assert.Equal(50, fleet.Admitted.Count);
        Assert.Equal(150, fleet.Refused.Count);
    }

    [Fact]
    public void Sends_a_retry_after_that_is_true_when_alone()
    {
        var fleet = Fleet.Started(Noon, 1, "minute", instances: 1);
        fleet.Call(fleet.Instances[0], Noon);
        fleet.Call(fleet.Instances[0], Noon.AddSeconds(1.3));
        fleet.RunFor(TimeSpan.FromSeconds(3));
        var refusal = Assert.Single(fleet.Refused);
        fleet.Call(fleet.Instances[0], refusal.At + refusal.RetryAfter!.Value);
        fleet.RunFor(TimeSpan.FromMinutes(2));
        Assert.Equal(2, fleet.Admitted.Count);
        Assert.Single(fleet.Refused);
        Assert.InRange(refusal.RetryAfter.Value.TotalSeconds, 48, 51);
    }

    [Fact]
    public void Refuses_an_exhausted_window_without_storage_work()
    {
        var fleet = Fleet.Started(Noon, 5, "minute", instances: 1);
        fleet.Burst(10, TimeSpan.FromSeconds(1));
        fleet.RunFor(TimeSpan.FromSeconds(3));
        var before = fleet.Rows.Reads + fleet.Rows.Writes;
        fleet.Burst(1_000, TimeSpan.FromSeconds(20));
        fleet.RunFor(TimeSpan.FromSeconds(25));
        Assert.Equal(before, fleet.Rows.Reads + fleet.Rows.Writes);
        Assert.Equal(1_005, fleet.Refused.Count);
    }

    [Fact]
    public void Holds_a_limit_that_is_lowered_raised_removed_and_set_again_mid_window()
    {
        var fleet = Fleet.Started(Noon, 100, "hour", instances: 3);
        fleet.Burst(60, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal(60, fleet.Admitted.Count);

        fleet.Change(2, new Limit(30, "hour", null));
        fleet.Burst(60, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal(60, fleet.Admitted.Count);

        // What instances held when the limit was lowered stays counted.
        fleet.Change(3, new Limit(150, "hour", null));
        fleet.Burst(60, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.InRange(fleet.Admitted.Count, 100, 120);
        var counted = fleet.Admitted.Count;

        fleet.Change(4);
        fleet.Burst(50, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal(counted, fleet.Admitted.Count);
        Assert.Equal(60 + 60 - (counted - 60), fleet.Refused.Count);

        fleet.Change(5, new Limit(150, "hour", null));
        fleet.Burst(100, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(4));
        Assert.True(fleet.Admitted.Count is > 120 and <= 150, "removing a limit and setting it again must not refill its window");
    }

    [Fact]
    public void Reloads_the_route_once_when_a_row_knows_of_newer_limits()
    {
        var fleet = Fleet.Started(Noon, 100, "hour", instances: 2);
        fleet.Burst(10, TimeSpan.FromSeconds(1));
        fleet.RunFor(TimeSpan.FromSeconds(3));
        fleet.Current = Fleet.RouteWith(7, [new Limit(20, "hour", null)]);
        fleet.Instances[0].Route = fleet.Current; // the other has not heard of it
        for (var i = 0; i < 200; i++)
        {
            fleet.Call(fleet.Instances[i % 2], fleet.World.Time.AddSeconds(1 + (i * 0.02)));
        }

        fleet.RunFor(TimeSpan.FromSeconds(10));
        Assert.True(fleet.Admitted.Count <= 40, $"{fleet.Admitted.Count} admitted");
        Assert.Equal(1, fleet.Reloads);
    }

    [Fact]
    public void Spends_nothing_after_the_process_stood_still_for_90_seconds()
    {
        var fleet = Fleet.Started(Noon, 100, "minute", instances: 1);
        fleet.Burst(20, TimeSpan.FromSeconds(2));
        fleet.RunFor(TimeSpan.FromSeconds(3));
        var instance = fleet.Instances[0];
        instance.Machine.Freeze(TimeSpan.FromSeconds(90), stopsMonotonic: true);
        fleet.RunFor(TimeSpan.FromSeconds(91));
        fleet.Call(instance, fleet.World.Time);
        fleet.RunFor(TimeSpan.FromSeconds(3));
        var last = fleet.Admitted[^1];
        Assert.Equal(21, fleet.Admitted.Count);
        Assert.Equal(last.Counter.Period.LabelAt(last.At), last.Label);
    }

    [Fact]
    public void Waits_or_says_503_when_a_front_end_is_ahead_and_never_exceeds_a_window()
    {
        var fleet = new Fleet(3, new DateTimeOffset(2026, 11, 21, 12, 0, 50, TimeSpan.Zero), new Faults { FrontEnds = [TimeSpan.Zero, TimeSpan.FromSeconds(5)] });
        fleet.Current = Fleet.RouteWith(1, [new Limit(20, "minute", null)]);
        fleet.Boot();
        fleet.Boot();
        for (var i = 0; i < 400; i++)
        {
            fleet.Call(fleet.Instances[i % 2], fleet.World.Time.AddSeconds(i * 0.05));
        }

        fleet.RunFor(TimeSpan.FromSeconds(60));
        Assert.Empty(fleet.Surprises);
        Assert.All(fleet.Sums(), sum => Assert.True(sum.Sum <= 20));
        Assert.All(fleet.Unavailable, fault => Assert.InRange(fault.Fault.RetryAfter!.Value.TotalSeconds, 1, 6));
        Assert.Equal(40, fleet.Admitted.Count);
    }

    [Fact]
    public void Gives_back_what_demand_no_longer_needs_so_that_others_can_use_it()
    {
        var fleet = Fleet.Started(Noon, 1_000, "minute", instances: 2);
        for (var i = 0; i < 100; i++)
        {
            fleet.Call(fleet.Instances[0], Noon.AddSeconds(i * 0.02));
        }

        fleet.RunFor(TimeSpan.FromSeconds(12)); // the first falls silent
        for (var i = 0; i < 2_000; i++)
        {
            fleet.Call(fleet.Instances[1], fleet.World.Time.AddSeconds(i * 0.01));
        }

        fleet.RunFor(TimeSpan.FromSeconds(25));
        Assert.Equal(1_000, fleet.Admitted.Count);
        Assert.Equal(900, fleet.Admitted.Count(a => a.Instance == 1));
    }
}
