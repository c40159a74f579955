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
            lock (Writes)
            {
                Writes.Add(rest);
            }

            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Writes_transitions_alone_and_none_within_five_seconds_of_the_last()
    {
        var (store, clock) = (new CountingStore(), new ManualTime());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);
        for (var i = 0; i < 100; i++)
        {
            // It asks for two seconds again and again, as a target under load does: each time the rest is longer than the others know.
            health.Rest("t", TimeSpan.FromSeconds(2));
            await health.Working;
            clock.Advance(TimeSpan.FromSeconds(0.5));
            await health.Working;
        }

        // One at the beginning, and one more at each end of five seconds of the fifty.
        Assert.Equal(11, store.Writes.Count);
        Assert.All(store.Writes.Zip(store.Writes.Skip(1)), pair => Assert.True(pair.Second.Until > pair.First.Until));

        // The rest ends by itself, which the others see without being told.
        clock.Advance(TimeSpan.FromMinutes(1));
        await health.Working;
        Assert.Equal(11, store.Writes.Count);
    }

    [Fact]
    public async Task Tells_a_longer_rest_that_is_asked_for_during_one()
    {
        var (store, clock) = (new CountingStore(), new ManualTime());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);
        var start = clock.GetUtcNow();

        health.Rest("t", TimeSpan.FromSeconds(10));
        await health.Working;
        clock.Advance(TimeSpan.FromSeconds(6));
        health.Rest("t", TimeSpan.FromMinutes(2));
        await health.Working;

        Assert.Equal([start.AddSeconds(10), start.AddSeconds(126)], store.Writes.Select(write => write.Until));
    }

    [Fact]
    public async Task Tells_a_recovery_that_came_too_soon_to_be_told_at_once()
    {
        var (store, clock) = (new CountingStore(), new ManualTime());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);
        var start = clock.GetUtcNow();

        health.Rest("t", TimeSpan.FromMinutes(4));
        await health.Working;
        clock.Advance(TimeSpan.FromSeconds(2));
        health.Recover("t");
        await health.Working;
        Assert.Single(store.Writes);
        clock.Advance(TimeSpan.FromSeconds(3));
        await health.Working;

        Assert.Equal([start.AddMinutes(4), start.AddSeconds(5)], store.Writes.Select(write => write.Until));
    }

    [Fact]
    public async Task Is_not_told_by_its_own_old_row_that_what_recovered_still_rests()
    {
        var clock = new ManualTime();
        var store = new MemoryHealthStore(clock);
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);

        health.Rest("t", TimeSpan.FromMinutes(4));
        await health.Working;
        clock.Advance(TimeSpan.FromSeconds(2));
        health.Recover("t");
        await health.RefreshAsync();
        clock.Advance(TimeSpan.FromSeconds(3));
        await health.Working;

        Assert.DoesNotContain(await store.ReadAsync(CancellationToken.None), rest => rest.Until > clock.GetUtcNow());
    }

    [Fact]
    public async Task Keeps_nothing_of_what_is_over()
    {
        var (store, clock) = (new CountingStore(), new ManualTime());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);
        for (var i = 0; i < 100; i++)
        {
            health.Rest($"t{i}", TimeSpan.FromSeconds(20));
        }

        Assert.Equal(200, health.Kept);
        clock.Advance(TimeSpan.FromSeconds(21));
        health.Rest("another", TimeSpan.FromSeconds(20));
        await health.Working;

        Assert.Equal(2, health.Kept);
    }

    [Fact]
    public async Task Tells_that_a_target_answers_again()
    {
        var (store, clock) = (new CountingStore(), new ManualTime());
        var health = new TargetHealth(store, clock, NullLogger<TargetHealth>.Instance);
        var start = clock.GetUtcNow();

        health.Rest("t", TimeSpan.FromMinutes(1));
        await health.Working;
        clock.Advance(TimeSpan.FromSeconds(6));
        health.Recover("t");
        await health.Working;

        Assert.Equal([start.AddMinutes(1), start.AddSeconds(6)], store.Writes.Select(write => write.Until));
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
