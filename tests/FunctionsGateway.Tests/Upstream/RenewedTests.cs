using FunctionsGateway.Upstream.Signing;

namespace FunctionsGateway.Tests.Upstream;

public sealed class RenewedTests
{
    private readonly SetTime _time = new();
    private readonly Renewed<int> _values;
    private int _fetched;

    public RenewedTests() => _values = new(_time);

    [Fact]
    public async Task Fetches_anew_some_minutes_before_the_end()
    {
        Assert.Equal(1, await GetAsync("a", TimeSpan.FromHours(1)));
        _time.Now += TimeSpan.FromMinutes(54);
        Assert.Equal(1, await GetAsync("a", TimeSpan.FromHours(1)));
        _time.Now += TimeSpan.FromMinutes(2);
        Assert.Equal(2, await GetAsync("a", TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Keeps_a_short_lived_value_for_half_its_time()
    {
        Assert.Equal(1, await GetAsync("a", TimeSpan.FromMinutes(2)));
        _time.Now += TimeSpan.FromSeconds(59);
        Assert.Equal(1, await GetAsync("a", TimeSpan.FromMinutes(2)));
        _time.Now += TimeSpan.FromSeconds(2);
        Assert.Equal(2, await GetAsync("a", TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task Fetches_once_for_all_who_wait()
    {
        var gate = new TaskCompletionSource();
        var waiting = Enumerable.Range(0, 20).Select(_ => _values.GetAsync("a", async _ =>
        {
            await gate.Task;
            return (++_fetched, _time.Now.AddHours(1));
        }, CancellationToken.None).AsTask()).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(waiting), value => Assert.Equal(1, value));
        Assert.Equal(2, await GetAsync("b", TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Lets_the_next_one_try_after_a_failure()
    {
        await Assert.ThrowsAsync<IOException>(async () => await _values.GetAsync("a", _ => throw new IOException(), CancellationToken.None));
        Assert.Equal(1, await GetAsync("a", TimeSpan.FromHours(1)));
    }

    private ValueTask<int> GetAsync(string key, TimeSpan lifetime) =>
        _values.GetAsync(key, _ => Task.FromResult((++_fetched, _time.Now + lifetime)), CancellationToken.None);

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
