using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Upstream;

public class TargetHealthTests
{
    private sealed class CountingStore : IHealthStore
    {
        public List<TargetRest> Writes { get; } = [];

        public Task<IReadOnlyList<TargetRest>> ReadAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<TargetRest>>([]);

        public Task WriteAsync(TargetRest rest, CancellationToken cancellation)
        {
            Writes.Add(rest);
            return Task.CompletedTask;
        }
    }

    private sealed class Clock : TimeProvider
    {
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _passed;

        public void Pass(TimeSpan time) => _passed += time;
    }

    [Fact]
    public async Task Writes_transitions_alone_and_none_within_five_seconds_of_the_last()
    {
        var (store, clock) = (new CountingStore(), new Clock());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);
        for (var i = 0; i < 100; i++)
        {
            // It asks for two seconds again and again, as a target under load does; each rest is a transition.
            health.Rest("t", TimeSpan.FromSeconds(2));
            await health.Working;
            clock.Pass(TimeSpan.FromSeconds(0.5));
        }

        Assert.InRange(store.Writes.Count, 1, 10);
    }

    [Fact]
    public async Task Tells_that_a_target_answers_again()
    {
        var (store, clock) = (new CountingStore(), new Clock());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);

        health.Rest("t", TimeSpan.FromMinutes(1));
        await health.Working;
        clock.Pass(TimeSpan.FromSeconds(6));
        health.Recover("t");
        await health.Working;

        Assert.Equal([DateTimeOffset.UnixEpoch.AddMinutes(1), DateTimeOffset.UnixEpoch.AddSeconds(6)], store.Writes.Select(write => write.Until));
    }

    [Fact]
    public async Task Learns_from_another_instance_that_a_target_answers_again()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var target = gateway.Services.GetRequiredService<TargetBinding.Book>().Of(gateway.Target());
        var clock = new ManualTime();
        var store = new MemoryHealthStore(clock);
        var (one, other) = (new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance), new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance));
        one.Rest(target.Key, TimeSpan.FromMinutes(4));
        await one.Working;
        await other.RefreshAsync();
        Assert.True(other.IsResting(target));

        clock.Advance(TimeSpan.FromSeconds(6));
        one.Recover(target.Key);
        await one.Working;
        await other.RefreshAsync();

        // Long before the rest that it was told of is over.
        await Eventually.IsTrueAsync(() => !other.IsResting(target));
    }
}
