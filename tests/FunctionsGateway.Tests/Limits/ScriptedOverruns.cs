using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Providers;
using FunctionsGateway.Tests.Limits.Simulation;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Histories of tokens: usage that was reported wrong, overruns, debt, calls that are too large.</summary>
public class ScriptedOverruns
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 10, TimeSpan.Zero);

    [Fact]
    public void Gains_nothing_from_a_negative_usage()
    {
        var fleet = WithTokens("hour");
        fleet.Call(fleet.Boot(), Noon, estimate: 60, actual: -1_000);
        for (var i = 0; i < 30; i++)
        {
            fleet.Call(fleet.Instances[0], Noon.AddSeconds(1 + i), estimate: 50, actual: 50);
        }

        fleet.RunFor(TimeSpan.FromSeconds(40));
        Assert.Equal(3, fleet.Admitted.Count); // the first used none
    }

    [Fact]
    public void Leaves_to_others_what_is_too_little_for_a_refused_call()
    {
        var fleet = WithTokens("day");
        var (large, small) = (fleet.Boot(), fleet.Boot());
        fleet.Call(large, Noon, estimate: 10, actual: 10);
        fleet.Call(large, Noon.AddSeconds(3), estimate: 95, actual: 95);
        for (var i = 0; i < 18; i++)
        {
            fleet.Call(small, Noon.AddSeconds(20 + (i * 5)), estimate: 5, actual: 5);
        }

        fleet.RunFor(TimeSpan.FromSeconds(200));
        Assert.Equal(100, fleet.Admitted.Sum(a => a.Amount));
        Assert.Single(fleet.Refused);
    }

    [Fact]
    public void Charges_an_overrun_that_arrives_while_an_update_is_in_flight()
    {
        var fleet = WithTokens("hour");
        var instance = fleet.Boot();
        fleet.Call(instance, Noon, estimate: 10, actual: 60, length: TimeSpan.FromSeconds(1));
        for (var millisecond = 980; millisecond < 1_060; millisecond += 4)
        {
            fleet.Call(instance, Noon.AddMilliseconds(millisecond), estimate: 1, actual: 1);
        }

        fleet.RunFor(TimeSpan.FromSeconds(20));
        Assert.Equal(80, Row(fleet).Reserved - instance.Counters.Holding().Sum(counter => counter.Permits));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Writes_an_overrun_that_storage_did_not_take_at_first(bool isShutDown)
    {
        var faults = new Faults();
        var fleet = WithTokens("hour", faults);
        var instance = fleet.Boot();
        fleet.Call(instance, Noon, estimate: 60, actual: 110, length: TimeSpan.FromSeconds(1));
        fleet.World.After(TimeSpan.FromSeconds(0.9), () => faults.IsDown = true);
        fleet.World.After(TimeSpan.FromSeconds(1.5), () => faults.IsDown = false);
        fleet.RunFor(TimeSpan.FromSeconds(1.6));
        if (isShutDown)
        {
            Assert.NotEmpty(instance.Counters.Holding());
            instance.Machine.Run(() => _ = instance.Limiter.GiveBackAsync(CancellationToken.None));
        }

        fleet.RunFor(TimeSpan.FromSeconds(isShutDown ? 0.3 : 5));
        Assert.Equal((100L, 10L), (Row(fleet).Reserved, Row(fleet).Debt));
        Assert.Empty(instance.Counters.Holding());
    }

    [Fact]
    public void Gives_back_at_shutdown_what_an_update_in_flight_brings()
    {
        var fleet = Fleet.Started(Noon, 1_000, "hour", instances: 1, new Faults { Latency = TimeSpan.FromMilliseconds(100) });
        var instance = fleet.Instances[0];
        fleet.Call(instance, Noon, isUsed: false);
        fleet.RunFor(TimeSpan.FromMilliseconds(250)); // the call still waits
        Assert.Empty(fleet.Refused);
        fleet.Burst(1, TimeSpan.FromSeconds(1));
        instance.Machine.Run(() => _ = instance.Limiter.GiveBackAsync(CancellationToken.None));
        fleet.RunFor(TimeSpan.FromSeconds(20));
        Assert.Equal(fleet.Admitted.Count, Row(fleet).Reserved);
    }

    [Theory]
    [InlineData(550, 10, 5)] // 450 of debt: minutes 1 to 4 are full, minute 5 has 50 left
    [InlineData(350, 60, 4)] // 250 of debt: minute 3 has 50 left, too little
    [InlineData(350, 50, 3)]
    public void Sends_a_retry_after_that_is_true_under_debt(int used, int amount, int minutes)
    {
        var fleet = WithTokens("minute", settings: new LimitSettings { MaxRetryAfter = TimeSpan.FromHours(1) });
        var instance = fleet.Boot();
        fleet.Call(instance, Noon, estimate: 60, actual: used);
        fleet.Call(instance, Noon.AddSeconds(4), estimate: amount, actual: amount);
        fleet.RunFor(TimeSpan.FromSeconds(6));
        var refusal = Assert.Single(fleet.Refused);
        Assert.InRange(refusal.RetryAfter!.Value.TotalSeconds, (minutes * 60) - 15, (minutes * 60) - 12);
        fleet.Call(instance, refusal.At + refusal.RetryAfter.Value, estimate: amount, actual: amount);
        fleet.RunFor(TimeSpan.FromMinutes(minutes + 1));
        Assert.Equal(2, fleet.Admitted.Count);
        Assert.Single(fleet.Refused);
    }

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":9,"completion_tokens":-4,"total_tokens":-1000}}""", 9)]
    [InlineData("""{"usage":{"total_tokens":-1000}}""", null)]
    public void Reads_no_negative_usage(string answer, int? total) =>
        Assert.Equal(total, UsageReader.Read(JsonNode.Parse(answer)!.AsObject())?.Total);

    private static Fleet WithTokens(string period, Faults? faults = null, LimitSettings? settings = null) =>
        new(1, Noon, faults, settings) { Current = Fleet.RouteWith(1, [], [new TokenLimit(100, period, null)]) };

    private static LimitWindow Row(Fleet fleet) => fleet.Rows.Get(CounterIdentity.Of("chat", LimitRule.Of(fleet.Current)[0], "")).Row!;
}
