using FunctionsGateway.Access.Keys;
using FunctionsGateway.Errors;
using FunctionsGateway.Storage.Access;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Access;

public sealed class KeyBookTests
{
    private readonly ManualTime _time = new();
    private readonly CountedStore _store = new();
    private readonly KeyBook _book;
    private readonly string _text = KeyText.New("0123456789abcdef");

    public KeyBookTests()
    {
        _book = new KeyBook(_store, _time);
        _store.Key = new GatewayKey { Id = "0123456789abcdef", Owner = "ann", Roles = ["invoke"], Hash = KeyHash.Of(_text) };
    }

    [Fact]
    public async Task Asks_storage_once_and_not_for_a_warm_call()
    {
        Assert.Equal("ann", (await FindAsync())?.Id);
        Assert.True(FindAsync().IsCompletedSuccessfully);
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Same(await FindAsync(), await FindAsync());
        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task Sees_a_revocation_within_thirty_seconds_even_without_background_reading()
    {
        await FindAsync();
        _store.Key = null;
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task Reads_anew_in_the_background_after_half_of_the_bound()
    {
        await FindAsync();
        _store.Key = _store.Key! with { IsDisabled = true };
        _time.Advance(TimeSpan.FromSeconds(16));

        Assert.NotNull(await FindAsync());
        await Eventually.IsTrueAsync(() => FindAsync().Result is null);
    }

    [Fact]
    public async Task Refuses_with_503_when_storage_is_out_for_longer_than_the_bound()
    {
        await FindAsync();
        _store.IsOut = true;
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.NotNull(await FindAsync());
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(503, (await Assert.ThrowsAsync<GatewayException>(FindAsync)).Status);
        _store.IsOut = false;
        Assert.NotNull(await FindAsync());
    }

    [Fact]
    public async Task Asks_no_storage_for_a_wrong_check_sum_and_seldom_for_an_unknown_key()
    {
        Assert.Null(await _book.FindAsync(_text[..^1] + (_text[^1] == '0' ? '1' : '0'), CancellationToken.None));
        Assert.Equal(0, _store.Reads);

        _store.Key = null;
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(await FindAsync());
        }

        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task Ends_with_its_expiry_without_asking()
    {
        _store.Key = _store.Key! with { ExpiresAt = _time.GetUtcNow().AddSeconds(5) };
        Assert.NotNull(await FindAsync());
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await FindAsync());
    }

    private Task<FunctionsGateway.Access.Caller?> FindAsync() => _book.FindAsync(_text, CancellationToken.None).AsTask();

    private sealed class CountedStore : IKeyStore
    {
        public GatewayKey? Key { get; set; }

        public bool IsOut { get; set; }

        public int Reads { get; private set; }

        public Task<GatewayKey?> FindAsync(string id, CancellationToken cancellation)
        {
            Reads++;
            return IsOut ? throw new GatewayException(503, "out") : Task.FromResult(Key);
        }

        public Task<IReadOnlyList<GatewayKey>> ListAsync(string after, int most, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<GatewayKey> AddAsync(GatewayKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<GatewayKey?> ReplaceAsync(GatewayKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> RemoveAsync(string id, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
