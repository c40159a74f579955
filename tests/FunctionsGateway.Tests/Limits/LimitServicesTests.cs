using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Limits.Simulation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FunctionsGateway.Tests.Limits;

/// <summary>The limiter as a host runs it.</summary>
public class LimitServicesTests
{
    [Fact]
    public async Task Gives_all_permits_back_at_shutdown()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddOptions<GatewayOptions>();
        services.AddSingleton<ICounterStore>(new MemoryCounterStore(TimeProvider.System));
        services.AddSingleton<RouteReload>(_ => Task.FromResult<GatewayRoute?>(null));
        services.AddLimits();
        await using var provider = services.BuildServiceProvider();
        var tasks = Assert.Single(provider.GetServices<IHostedService>());
        await tasks.StartAsync(CancellationToken.None);

        var limiter = provider.GetRequiredService<Limiter>();
        var route = Fleet.RouteWith(1, [new Limit(100_000, "year", null)]);
        for (var i = 0; i < 100; i++)
        {
            using var reservation = await limiter.AdmitAsync(route, "ann", 0, CancellationToken.None);
            reservation.MarkUsed();
        }

        await tasks.StopAsync(CancellationToken.None);
        var counter = CounterIdentity.Of("chat", LimitRule.Of(route)[0], "ann");
        var row = Assert.IsType<StoreAnswer.Lost>(await provider.GetRequiredService<ICounterStore>().ReadAsync(counter)).Row;
        Assert.Equal(100, row!.Reserved);
    }
}
