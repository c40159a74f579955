using FunctionsGateway.Limits;

namespace FunctionsGateway.Tests.Limits.Simulation;

/// <summary>What a minute limit costs under steady random demand: storage operations, stranded permits, fairness.</summary>
internal sealed record DemandStudy(long Limit, int Instances, long Admitted, long Operations, long Conflicts, long Stranded, double Fairness, int Refused, int Unavailable)
{
    /// <summary>Reads and writes for each admitted call.</summary>
    public double PerCall => (double)Operations / Math.Max(1, Admitted);

    /// <summary>Two windows after half a minute of warming up, every instance with the same random demand unless <paramref name="isSkewed"/>.</summary>
    public static DemandStudy Of(long limit, int instances, double demand = 1.5, bool isSkewed = false, int seed = 1)
    {
        var start = new DateTimeOffset(2026, 11, 21, 12, 0, 30, TimeSpan.Zero);
        var fleet = new Fleet(seed, start, new Faults { Latency = TimeSpan.FromMilliseconds(3) });
        fleet.Current = Fleet.RouteWith(1, [new Limit(limit, "minute", null)]);
        for (var i = 0; i < instances; i++)
        {
            var instance = fleet.Boot(TimeSpan.FromSeconds(fleet.World.Dice.Next(-200, 200)));
            var share = isSkewed ? (i == 0 ? 0.5 : 0.5 / Math.Max(1, instances - 1)) : 1.0 / instances;
            Arrive(fleet, instance, limit * demand * share / 60, start, start.AddSeconds(149));
        }

        fleet.RunFor(TimeSpan.FromSeconds(30));
        var before = fleet.Rows.Reads + fleet.Rows.Writes;
        fleet.RunFor(TimeSpan.FromSeconds(120));
        var from = start.AddSeconds(30);
        var admitted = fleet.Admitted.Where(a => a.At >= from).ToList();
        var complete = fleet.Admitted.GroupBy(a => a.Label).OrderBy(g => g.Key).Skip(1).Take(2).ToList();
        var each = Enumerable.Range(0, instances).Select(i => admitted.Count(a => a.Instance == i)).ToList();
        var refused = fleet.Refused.Select(r => (r.At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMinute).ToHashSet();
        return new DemandStudy(
            limit,
            instances,
            admitted.Count,
            fleet.Rows.Reads + fleet.Rows.Writes - before,
            fleet.Rows.Conflicts,
            complete.Where(window => refused.Contains(window.Key)).Sum(window => limit - window.Count()),
            (double)each.Min() / Math.Max(1, each.Max()),
            fleet.Refused.Count(r => r.At >= from),
            fleet.Unavailable.Count);
    }

    private static void Arrive(Fleet fleet, Instance instance, double perSecond, DateTimeOffset at, DateTimeOffset end)
    {
        var next = at.AddSeconds(-Math.Log(1 - fleet.World.Dice.NextDouble()) / perSecond);
        if (next < end)
        {
            fleet.World.At(next.UtcTicks, () =>
            {
                fleet.Call(instance, next);
                Arrive(fleet, instance, perSecond, next, end);
            });
        }
    }
}
