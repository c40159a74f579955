using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Tests.Limits.Simulation;
using Xunit.Abstractions;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Ten thousand random histories of fleets, storages and clocks, and the promise in each of them.</summary>
public class SimulatedHistories(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 23, 59, 50, TimeSpan.Zero);
    private static readonly string[] Periods = ["second", "5 seconds", "minute", "minute", "minute", "hour"];

    [Fact]
    public void Never_admits_more_than_the_limit_in_any_window_of_any_history()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SIM_SEEDS"), out var asked) ? asked : 10_000;
        var first = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SIM_FIRST"), out var from) ? from : 1;
        var faults = new System.Collections.Concurrent.ConcurrentBag<string>();
        long admitted = 0, refused = 0, unavailable = 0, calls = 0;
        var next = first - 1;

        // Threads of its own: the pool's belong to tests that wait for something.
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next); seed < first + seeds; seed = Interlocked.Increment(ref next))
            {
                Tell(seed);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        output.WriteLine($"{seeds} histories, {calls} calls: {admitted} permits admitted, {refused} calls refused, {unavailable} answered 503");
        Assert.True(faults.IsEmpty, $"{faults.Count} faults, e.g.\n{string.Join('\n', faults.Order().Take(12))}");

        // The histories must be worth something: plenty of each outcome.
        Assert.True(admitted > calls / 20 && refused > calls / 20, $"{calls} calls, {admitted} admitted, {refused} refused");

        void Tell(int seed)
        {
            var history = new RandomHistory(seed, Start);
            history.Run();
            history.Faults().ForEach(fault => faults.Add($"seed {seed}: {fault}"));
            Interlocked.Add(ref admitted, history.Fleet.Admitted.Count);
            Interlocked.Add(ref refused, history.Fleet.Refused.Count);
            Interlocked.Add(ref unavailable, history.Fleet.Unavailable.Count);
            Interlocked.Add(ref calls, history.Calls);
        }
    }

    /// <summary>One history drawn from a seed.</summary>
    private sealed class RandomHistory
    {
        private readonly Random _dice;
        private readonly bool _isTimeExact;
        private readonly long _highest;
        private readonly HashSet<long> _thaws = [];

        public RandomHistory(int seed, DateTimeOffset start)
        {
            _dice = new Random(seed * 7919);
            var hasFaults = Chance(0.7);
            var areFrontEndsApart = Chance(0.15);
            _isTimeExact = !areFrontEndsApart;
            Fleet = new Fleet(seed, start, new Faults
            {
                NotSent = hasFaults ? Up(0.1) : 0,
                LostBefore = hasFaults ? Up(0.15) : 0,
                LostAfter = hasFaults ? Up(0.15) : 0,
                Late = Up(1),
                Storm = hasFaults && Chance(0.4) ? Up(0.6) : 0,
                Latency = TimeSpan.FromMilliseconds(1 + Up(30)),
                FrontEnds = areFrontEndsApart
                    ? [TimeSpan.Zero, TimeSpan.FromSeconds(Up(20) - 10), TimeSpan.FromSeconds(Up(4) - 2)]
                    : [TimeSpan.Zero, TimeSpan.FromMilliseconds(-20), TimeSpan.FromMilliseconds(20)],
            })
            {
                Capacity = Chance(0.1) ? 2 : CounterSet.Capacity,
            };

            var period = Periods[_dice.Next(Periods.Length)];
            long limit = _dice.Next(6) switch { 0 => 0, 1 => 1, 2 => _dice.Next(2, 6), 3 => _dice.Next(5, 30), 4 => _dice.Next(20, 80), _ => _dice.Next(50, 200) };
            var hasTokens = Chance(0.3);
            var hasUsers = Chance(0.4);
            var changes = Chance(0.25) ? _dice.Next(1, 4) : 0;
            Fleet.Current = Route(0, limit);
            _highest = limit;

            var instances = _dice.Next(8) switch { 0 => 1, 1 => 2, 2 => 3, 3 or 4 => 4, 5 => 8, 6 => 16, _ => _dice.Next(17, 65) };
            for (var i = 0; i < instances; i++)
            {
                Fleet.Boot(TimeSpan.FromMinutes(Up(10) - 5), (Up(2) - 1) * 150e-6);
            }

            var span = period switch { "second" => 6, "5 seconds" => 20, _ => 25 };
            for (var change = 1; change <= changes; change++)
            {
                var raised = Math.Max(0, (long)(limit * Up(2)));
                _highest = Math.Max(_highest, raised);
                ChangeLimits(change, Route(change, raised, isLifted: Chance(0.2)), TimeSpan.FromSeconds(Up(span)));
            }

            Calls = Math.Min(300, 20 + (int)(limit * (0.5 + Up(3))));
            for (var call = 0; call < Calls; call++)
            {
                var at = Chance(0.4) ? span * _dice.Next(4) / 4.0 : Up(span);
                var estimate = _dice.Next(1, 6);
                Fleet.Call(Fleet.Instances[_dice.Next(Fleet.Instances.Count)], start.AddSeconds(at), hasUsers ? $"u{_dice.Next(3)}" : "u", estimate,
                    isUsed: !Chance(0.05), actual: Chance(0.7) ? _dice.Next(0, 9) : null, length: TimeSpan.FromSeconds(Up(2)));
            }

            foreach (var instance in Fleet.Instances.ToList())
            {
                Misfortune(instance, start.AddSeconds(Up(span)));
            }

            Fleet.World.At(start.AddSeconds(Up(span)).UtcTicks, () => Fleet.Rows.Sweep(Fleet.World.Time.AddMinutes(Up(60) - 30)));

            FunctionsGateway.Routes.GatewayRoute Route(long version, long number, bool isLifted = false) => Simulation.Fleet.RouteWith(
                version,
                isLifted ? [] : hasUsers ? [new Limit(number, period, null), new Limit((number + 1) / 2, period, "user")] : [new Limit(number, period, null)],
                hasTokens && !isLifted ? [new TokenLimit(number * 3, period, null)] : []);
        }

        public Fleet Fleet { get; }

        public int Calls { get; }

        public void Run() => Fleet.RunFor(TimeSpan.FromSeconds(150));

        public List<string> Faults()
        {
            var faults = Fleet.Surprises.Select(surprise => surprise.ToString()).ToList();
            foreach (var (counter, label, sum) in Fleet.Sums())
            {
                var limit = counter.Resource == LimitResource.Tokens ? _highest * 3 : counter.KeyKind == LimitKey.User ? (_highest + 1) / 2 : _highest;
                if (sum > limit)
                {
                    faults.Add($"{sum} of {limit} {counter.Resource} admitted in window {label} of {counter.Period} by {counter.KeyKind}");
                }
            }

            if (_isTimeExact)
            {
                faults.AddRange(Fleet.Admitted
                    .Where(a => !_thaws.Contains(a.At.UtcTicks) && (a.At < a.Counter.Period.StartOf(a.Label) || a.At >= a.Counter.Period.EndOf(a.Label)))
                    .Select(a => $"a call was admitted at {a.At:HH:mm:ss.fff} for the window {a.Counter.Period.StartOf(a.Label):HH:mm:ss.fff}"));
            }

            return faults;
        }

        private bool Chance(double p) => _dice.NextDouble() < p;

        private double Up(double top) => _dice.NextDouble() * top;

        private void ChangeLimits(int version, FunctionsGateway.Routes.GatewayRoute route, TimeSpan after) => Fleet.World.After(after, () =>
        {
            if (Fleet.Current.LimitsVersion >= version)
            {
                return;
            }

            Fleet.Current = route;
            foreach (var instance in Fleet.Instances)
            {
                Fleet.World.After(TimeSpan.FromSeconds(Up(5)), () => instance.Route = instance.Route!.LimitsVersion < version ? route : instance.Route);
            }
        });

        private void Misfortune(Instance instance, DateTimeOffset at) => Fleet.World.At(at.UtcTicks, () =>
        {
            switch (_dice.Next(20))
            {
                case 0 or 1:
                    instance.Machine.Crash();
                    var heir = Fleet.Boot(TimeSpan.FromMinutes(Up(10) - 5));
                    for (var call = 0; call < 10; call++)
                    {
                        Fleet.Call(heir, Fleet.World.Time.AddSeconds(Up(5)), estimate: 2);
                    }

                    break;
                case 2 or 3:
                    var length = TimeSpan.FromSeconds(2 + Up(Chance(0.5) ? 4 : 100));
                    _thaws.Add((Fleet.World.Time + length).UtcTicks);
                    instance.Machine.Freeze(length, stopsMonotonic: Chance(0.5));
                    break;
                case 4 or 5:
                    instance.Machine.Run(() => _ = instance.Limiter.GiveBackAsync(CancellationToken.None));
                    break;
            }
        });
    }
}
