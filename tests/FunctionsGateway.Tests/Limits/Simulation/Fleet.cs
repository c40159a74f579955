using FunctionsGateway.Errors;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Limits.Simulation;

/// <summary>A call that was admitted.</summary>
internal sealed record Admission(CounterIdentity Counter, long Label, long Amount, DateTimeOffset At, int Instance)
{
    /// <summary>What it counts for, when that is less than its amount.</summary>
    public long? Settled { get; set; }
}

/// <summary>One instance: a machine that runs the product's own limiter.</summary>
internal sealed class Instance
{
    public Instance(World world, SharedRows rows, Faults faults, LimitSettings settings, RouteReload reload, int number, TimeSpan skew, double drift, int capacity)
    {
        Number = number;
        Machine = new Machine(world, skew, drift);
        Counters = new CounterSet(new FaultyStore(rows, Machine, faults), Machine, world.Dice.NextDouble, settings, reload, Fleet.Metrics, NullLogger<CounterSet>.Instance, capacity);
        Limiter = new Limiter(Counters, Machine, settings);
    }

    public int Number { get; }

    public Machine Machine { get; }

    public CounterSet Counters { get; }

    public Limiter Limiter { get; }

    public GatewayRoute? Route { get; set; }
}

/// <summary>Many instances over the same rows, and a record of everything that they admit and refuse.</summary>
internal sealed class Fleet
{
    private readonly List<Exception> _surprises = [];
    private GatewayRoute _current = null!;

    public Fleet(int seed, DateTimeOffset start, Faults? faults = null, LimitSettings? settings = null)
    {
        World = new World(seed);
        World.StartAt(start);
        Rows = new SharedRows(World);
        (Faults, Settings) = (faults ?? new Faults(), settings ?? new LimitSettings());
    }

    public static LimitMetrics Metrics { get; } = new();

    public World World { get; }

    public SharedRows Rows { get; }

    public Faults Faults { get; }

    public LimitSettings Settings { get; }

    public List<Instance> Instances { get; } = [];

    public List<Admission> Admitted { get; } = [];

    public List<(DateTimeOffset At, TimeSpan? RetryAfter, int Instance)> Refused { get; } = [];

    public List<(DateTimeOffset At, GatewayException Fault)> Unavailable { get; } = [];

    public int Reloads { get; private set; }

    public int Capacity { get; init; } = CounterSet.Capacity;

    public IReadOnlyList<Exception> Surprises => _surprises;

    /// <summary>The route as the table of routes has it; instances keep their own until told.</summary>
    public GatewayRoute Current
    {
        get => _current;
        set => _current = value;
    }

    public static GatewayRoute RouteWith(long version, IReadOnlyList<Limit> limits, IReadOnlyList<TokenLimit>? tokens = null) => new()
    {
        Name = "chat",
        Id = "e-0",
        Targets = [],
        Limits = limits,
        TokenLimits = tokens ?? [],
        LimitsVersion = version,
    };

    /// <summary>A fleet with one limit on its route.</summary>
    public static Fleet Started(DateTimeOffset at, long limit, string period, int instances, Faults? faults = null)
    {
        var fleet = new Fleet(1, at, faults) { Current = RouteWith(1, [new Limit(limit, period, null)]) };
        for (var i = 0; i < instances; i++)
        {
            fleet.Boot(TimeSpan.FromMinutes(i - 2));
        }

        return fleet;
    }

    /// <summary>Calls on all instances in turn, from now on.</summary>
    public void Burst(int calls, TimeSpan within)
    {
        for (var i = 0; i < calls; i++)
        {
            Call(Instances[i % Instances.Count], World.Time + (within * i / calls));
        }
    }

    /// <summary>Changes the limits, and all instances know.</summary>
    public void Change(long version, params Limit[] limits)
    {
        Current = RouteWith(version, limits);
        Instances.ForEach(instance => instance.Route = Current);
    }

    public Instance Boot(TimeSpan skew = default, double drift = 0)
    {
        var instance = new Instance(World, Rows, Faults, Settings, ReloadAsync, Instances.Count, skew, drift, Capacity) { Route = _current };
        Instances.Add(instance);
        return instance;
    }

    /// <summary>One call at <paramref name="at"/>, which takes <paramref name="length"/>.</summary>
    public void Call(Instance instance, DateTimeOffset at, string user = "u", long estimate = 0, bool isUsed = true, long? actual = null, TimeSpan length = default) =>
        instance.Machine.At(at.UtcTicks, () => _ = CallAsync(instance, user, estimate, isUsed, actual, length));

    public void RunFor(TimeSpan time) => World.RunUntil(World.Time + time);

    /// <summary>What was admitted in each window of each counter, settled amounts where settled.</summary>
    public IEnumerable<(CounterIdentity Counter, long Label, long Sum)> Sums() => Admitted
        .GroupBy(admission => (admission.Counter, admission.Label))
        .Select(group => (group.Key.Counter, group.Key.Label, group.Sum(admission => admission.Settled ?? admission.Amount)));

    private Task<GatewayRoute?> ReloadAsync(string name)
    {
        Reloads++;
        return Task.FromResult<GatewayRoute?>(_current);
    }

    private async Task CallAsync(Instance instance, string user, long estimate, bool isUsed, long? actual, TimeSpan length)
    {
        try
        {
            using var reservation = await instance.Limiter.AdmitAsync(instance.Route!, user, estimate, CancellationToken.None);
            if (!isUsed)
            {
                return;
            }

            var admissions = new List<Admission>();
            foreach (var entry in reservation.Hold is { } hold ? hold.Entries.ToArray() : [])
            {
                admissions.Add(new Admission(entry.Counter.Identity, entry.Label, entry.Amount, World.Time, instance.Number));
            }

            reservation.MarkUsed();
            Admitted.AddRange(admissions.Where(admission => admission.Amount > 0));
            if (length > TimeSpan.Zero)
            {
                await Task.Delay(length, instance.Machine);
            }

            if (actual is { } tokens)
            {
                reservation.Settle(tokens);
                admissions.FindAll(admission => admission.Counter.Resource == LimitResource.Tokens).ForEach(admission => admission.Settled = Math.Min(tokens, admission.Amount));
            }
        }
        catch (LimitExceededException refusal)
        {
            Refused.Add((World.Time, refusal.RetryAfter, instance.Number));
        }
        catch (GatewayException fault)
        {
            Unavailable.Add((World.Time, fault));
        }
        catch (Exception surprise)
        {
            _surprises.Add(surprise);
        }
    }
}
