using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>What a call says it took, when its parts are sent side by side.</summary>
public sealed class EffortTests
{
    [Fact]
    public async Task Counts_time_that_tries_share_once_and_every_try()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var target = gateway.Services.GetRequiredService<TargetBinding.Book>().Of(gateway.Target());
        var (effort, clock) = (new Effort(), new ManualTime());

        effort.Begin(target, clock);
        clock.Advance(TimeSpan.FromSeconds(1));
        effort.Begin(target, clock);
        clock.Advance(TimeSpan.FromSeconds(1));
        effort.End(clock);
        clock.Advance(TimeSpan.FromSeconds(1));
        effort.End(clock);
        // Between them no provider is at work.
        clock.Advance(TimeSpan.FromSeconds(10));
        effort.Begin(target, clock);
        clock.Advance(TimeSpan.FromSeconds(2));
        effort.End(clock);

        Assert.Equal((3, TimeSpan.FromSeconds(5)), (effort.Attempts, effort.ProviderTime));
        Parallel.For(0, 100_000, _ =>
        {
            effort.Begin(target, clock);
            effort.End(clock);
        });
        Assert.Equal((100_003, TimeSpan.FromSeconds(5)), (effort.Attempts, effort.ProviderTime));
    }
}
