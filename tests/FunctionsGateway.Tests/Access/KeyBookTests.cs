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
    public async Task Keeps_the_keys_it_has_met_through_any_number_of_made_up_ones()
    {
        await FindAsync();
        // More than are remembered, in less time than a known key serves.
        await TryMadeUpAsync(11_000, mostSeconds: 10);

        _store.IsOut = true;
        Assert.NotNull(await FindAsync());
    }

    [Fact]
    public async Task Asks_storage_a_bounded_number_of_times_however_many_keys_are_made_up()
    {
        var began = _time.GetUtcNow();
        await TryMadeUpAsync(5_000);
        var seconds = (_time.GetUtcNow() - began).TotalSeconds;

        Assert.InRange(_store.Reads, 1, 100 + (10 * seconds));
        Assert.InRange(_store.Lists, 0, 1 + seconds);
    }

    [Fact]
    public async Task Admits_a_key_that_was_just_made_elsewhere_in_a_flood_of_made_up_ones()
    {
        var flood = TryMadeUpAsync(1_000, mostSeconds: 0);
        var text = KeyText.New("00000000000000aa");
        _store.Other = new GatewayKey { Id = "00000000000000aa", Owner = "new", Roles = ["invoke"], Hash = KeyHash.Of(text) };

        var finding = _book.FindAsync(text, CancellationToken.None).AsTask();
        await FinishAsync(Task.WhenAll(finding, flood));

        Assert.Equal("new", (await finding)?.Id);
    }

    [Fact]
    public async Task Takes_first_meetings_of_good_keys_for_no_flood()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var id = i.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
            var text = KeyText.New(id);
            _store.Other = new GatewayKey { Id = id, Owner = "o", Roles = ["invoke"], Hash = KeyHash.Of(text) };
            Assert.NotNull(await _book.FindAsync(text, CancellationToken.None));
        }

        Assert.Equal((1_000, 0), (_store.Reads, _store.Lists));
    }

    [Fact]
    public async Task Asks_once_for_many_who_bring_the_same_new_key()
    {
        _store.Gate = new TaskCompletionSource();
        var finding = Enumerable.Range(0, 50).Select(_ => FindAsync()).ToArray();
        _store.Gate.SetResult();

        Assert.All(await Task.WhenAll(finding), caller => Assert.Equal("ann", caller?.Id));
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

    private async Task TryMadeUpAsync(int count, int mostSeconds = int.MaxValue)
    {
        var trying = Task.WhenAll(Enumerable.Range(0, count).Select(async _ => Assert.Null(await _book.FindAsync(KeyText.New(KeyText.NewId()), CancellationToken.None))));
        await (mostSeconds == 0 ? trying : FinishAsync(trying, mostSeconds));
    }

    // Seconds pass while there is something to wait for.
    private async Task FinishAsync(Task work, int mostSeconds = int.MaxValue)
    {
        await Eventually.IsTrueAsync(() =>
        {
            if (!work.IsCompleted && mostSeconds-- > 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            return work.IsCompleted;
        });
        await work;
    }

    private sealed class CountedStore : IKeyStore
    {
        private int _reads;
        private int _lists;

        public GatewayKey? Key { get; set; }

        public GatewayKey? Other { get; set; }

        public TaskCompletionSource? Gate { get; set; }

        public bool IsOut { get; set; }

        public int Reads
        {
            get => Volatile.Read(ref _reads);
            set => Volatile.Write(ref _reads, value);
        }

        public int Lists => Volatile.Read(ref _lists);

        public async Task<GatewayKey?> FindAsync(string id, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _reads);
            await (Gate?.Task ?? Task.CompletedTask);
            return IsOut ? throw new GatewayException(503, "out") : Array.Find([Key, Other], key => key?.Id == id);
        }

        public Task<IReadOnlyList<GatewayKey>> ListAsync(string after, int most, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _lists);
            GatewayKey?[] all = [Key, Other];
            return IsOut
                ? throw new GatewayException(503, "out")
                : Task.FromResult<IReadOnlyList<GatewayKey>>([.. all.OfType<GatewayKey>().Where(key => string.CompareOrdinal(key.Id, after) > 0).OrderBy(key => key.Id, StringComparer.Ordinal).Take(most)]);
        }

        public Task<GatewayKey> AddAsync(GatewayKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<GatewayKey?> ReplaceAsync(GatewayKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> RemoveAsync(string id, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
