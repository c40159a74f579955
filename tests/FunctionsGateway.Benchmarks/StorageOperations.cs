using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Tests.Limits.Simulation;

namespace FunctionsGateway.Benchmarks;

/// <summary>Storage operations (reads and writes, lost ones included) for each admitted call of a minute limit, beside reading and writing the row for every call.</summary>
internal static class StorageOperations
{
    public static void Print()
    {
        Console.WriteLine("| limit a minute | instances | operations per call | the naive way | stranded in 2 windows | least / most admitted by an instance |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|");
        foreach (var limit in new long[] { 10, 100, 10_000, 1_000_000 })
        {
            foreach (var instances in new[] { 1, 4, 16 })
            {
                var study = DemandStudy.Of(limit, instances);
                Console.WriteLine(FormattableString.Invariant($"| {limit:N0} | {instances} | {study.PerCall:0.#####} | {Naive(limit, instances)} | {study.Stranded} | {study.Fairness:0.00} |"));
            }
        }
    }

    private static string Naive(long limit, int instances)
    {
        if (limit > 10_000)
        {
            return "impossible: one row takes about 100 writes a second";
        }

        var fleet = new Fleet(1, new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero), new Faults { Latency = TimeSpan.FromMilliseconds(3) }) { Current = Fleet.RouteWith(1, []) };
        var counter = new CounterIdentity("chat", new WindowPeriod(1, WindowUnit.Minute), LimitResource.Calls, LimitKey.Route, "");
        long admitted = 0, failed = 0, calls = limit * 3 / 2;
        for (var i = 0; i < instances; i++)
        {
            fleet.Boot();
        }

        for (var call = 0; call < calls; call++)
        {
            var instance = fleet.Instances[call % instances];
            var at = fleet.World.Time.AddSeconds(fleet.World.Dice.NextDouble() * 58);
            instance.Machine.At(at.UtcTicks, () => _ = CallAsync(instance));
        }

        fleet.RunFor(TimeSpan.FromSeconds(65));
        return FormattableString.Invariant($"{(fleet.Rows.Reads + fleet.Rows.Writes) / (double)Math.Max(1, admitted):0.##}{(failed > 0 ? $" ({failed:N0} calls failed after 6 tries)" : "")}");

        async Task CallAsync(Instance instance)
        {
            var store = new FaultyStore(fleet.Rows, instance.Machine, fleet.Faults);
            for (var tries = 0; tries < 6; tries++)
            {
                var seen = (StoreAnswer.Lost)await store.ReadAsync(counter);
                var row = seen.Row ?? new LimitWindow { Label = 0 };
                if (row.Remaining(limit) == 0)
                {
                    return;
                }

                if (await store.ReplaceAsync(counter, row.Reserve(1), seen.ETag) is StoreAnswer.Won)
                {
                    admitted++;
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(fleet.World.Dice.NextDouble() * (10 << tries)), instance.Machine);
            }

            failed++;
        }
    }
}
