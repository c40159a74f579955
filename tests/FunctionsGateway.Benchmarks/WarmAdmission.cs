using BenchmarkDotNet.Attributes;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Benchmarks;

/// <summary>One admission and its end, with permits in memory.</summary>
[MemoryDiagnoser]
public class WarmAdmission
{
    private readonly GatewayRoute _none = Route();
    private readonly GatewayRoute _one = Route(new Limit(1L << 50, "year", null));
    private readonly GatewayRoute _two = Route(new Limit(1L << 50, "year", null), new Limit(1L << 50, "year", "user"));
    private Limiter _limiter = null!;

    [GlobalSetup]
    public void Warm()
    {
        var settings = new LimitSettings();
        var counters = new CounterSet(
            new MemoryCounterStore(TimeProvider.System), TimeProvider.System, GatewayIds.Roll, settings, _ => Task.FromResult<GatewayRoute?>(null), new LimitMetrics(), NullLogger<CounterSet>.Instance);
        _limiter = new Limiter(counters, TimeProvider.System, settings);
        for (var i = 0; i < 100_000; i++)
        {
            OneLimit();
            TwoLimits();
        }
    }

    [Benchmark]
    public void NoLimit() => Admit(_none);

    [Benchmark]
    public void OneLimit() => Admit(_one);

    [Benchmark]
    public void TwoLimits() => Admit(_two);

    private static GatewayRoute Route(params Limit[] limits) => new() { Name = "chat", Id = "e-1", Targets = [], LimitsVersion = 1, Limits = limits };

    private void Admit(GatewayRoute route)
    {
        var admission = _limiter.AdmitAsync(route, "5f0c2a9e-7f1b-4c1d-9f60-0d7c36b6a7aa", 0, CancellationToken.None);
        using var reservation = admission.IsCompletedSuccessfully ? admission.Result : admission.AsTask().GetAwaiter().GetResult();
        reservation.MarkUsed();
    }
}
