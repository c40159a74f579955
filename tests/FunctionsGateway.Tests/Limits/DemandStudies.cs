using FunctionsGateway.Limits;
using FunctionsGateway.Tests.Limits.Simulation;
using Xunit.Abstractions;

namespace FunctionsGateway.Tests.Limits;

/// <summary>What the promise costs, with the bounds that docs/limits.md states.</summary>
public class DemandStudies(ITestOutputHelper output)
{
    [Theory]
    [InlineData(10, 1, 1.6, 0)]
    [InlineData(10, 4, 4.5, 0)]
    [InlineData(10, 16, 6.0, 0)]
    [InlineData(100, 1, 0.2, 0)]
    [InlineData(100, 4, 1.5, 0)]
    [InlineData(100, 16, 3.5, 0)]
    [InlineData(10_000, 1, 0.005, 0)]
    [InlineData(10_000, 4, 0.02, 0)]
    [InlineData(10_000, 16, 0.06, 0)]
    public void Costs_few_storage_operations_and_strands_nothing(long limit, int instances, double operationsPerCall, long stranded)
    {
        var study = DemandStudy.Of(limit, instances);
        output.WriteLine(study.ToString());
        Assert.InRange(study.PerCall, 0, operationsPerCall);
        Assert.InRange(study.Stranded, 0, stranded);
        Assert.Equal(0, study.Unavailable);
    }

    [Fact]
    public void Strands_at_most_twenty_seconds_of_its_own_demand_when_an_instance_crashes()
    {
        var start = new DateTimeOffset(2026, 11, 21, 12, 0, 2, TimeSpan.Zero);
        var fleet = new Fleet(9, start) { Current = Fleet.RouteWith(1, [new Limit(3_000, "minute", null)]) };
        for (var i = 0; i < 4; i++)
        {
            var instance = fleet.Boot();
            for (var call = 0; call < 55 * 20; call++)
            {
                fleet.Call(instance, start.AddSeconds((call * 0.05) + (i * 0.01)));
            }
        }

        fleet.World.After(TimeSpan.FromSeconds(20), fleet.Instances[0].Machine.Crash);
        fleet.RunFor(TimeSpan.FromSeconds(57));
        output.WriteLine($"admitted {fleet.Admitted.Count} of 3000");
        Assert.InRange(fleet.Admitted.Count, 3_000 - (20 * 20), 3_000);
    }

    [Theory]
    [InlineData(10_000, 4, 0.8)]
    [InlineData(10_000, 16, 0.7)]
    public void Gives_equal_instances_about_equal_shares(long limit, int instances, double fairness)
    {
        var study = DemandStudy.Of(limit, instances);
        output.WriteLine(study.ToString());
        Assert.InRange(study.Fairness, fairness, 1);
    }

    [Theory]
    [InlineData(10_000, 4)]
    [InlineData(10_000, 16)]
    [InlineData(100, 4)]
    public void Strands_nothing_under_uneven_demand(long limit, int instances)
    {
        var study = DemandStudy.Of(limit, instances, isSkewed: true);
        output.WriteLine(study.ToString());
        Assert.Equal(0, study.Stranded);
    }

    [Theory]
    [InlineData(10_000, 4)]
    [InlineData(1_000, 16)]
    public void Refuses_nobody_while_demand_stays_below_the_limit(long limit, int instances)
    {
        var study = DemandStudy.Of(limit, instances, demand: 0.9);
        output.WriteLine(study.ToString());
        Assert.Equal(0, study.Refused + study.Unavailable);
        Assert.InRange(study.Admitted, (long)(limit * 2 * 0.9 * 0.9), limit * 2);
    }
}
