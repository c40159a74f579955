using System.Collections.Concurrent;
using System.Collections.Frozen;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Access.Keys;

/// <summary>The public parts that no key has, and what finding that out may cost.</summary>
/// <remarks>A key costs nothing to make up, so each may not cost a read: an instance reads at most 100 at once and 10 a second of those that turn out to be none
/// (one that is a key gives its read back). Beyond that callers wait for one listing of all keys, begun after they came and at most once a second for each
/// 1,000 keys: it tells the real ones, which are then read, from all others at once.</remarks>
internal sealed class UnknownKeys(IKeyStore store, TimeProvider time)
{
    private const int Most = 10_000;
    private const int ReadsAtOnce = 100;
    private const int ReadsPerSecond = 10;
    private const int PageSize = 1_000;

    private static readonly TimeSpan RememberedFor = Fresh<object>.Bound;
    private static readonly TimeSpan BetweenPages = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestListing = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ulong, long> _none = new();
    private double _reads = ReadsAtOnce;
    private long _countedAt = time.GetTimestamp();
    private Task<FrozenSet<ulong>>? _next;
    private Task _listing = Task.CompletedTask;
    private TimeSpan _rest;
    private long _listedAt;

    /// <summary>Whether it is known that no key has the public part.</summary>
    public bool Has(ulong id) => _none.TryGetValue(id, out var asked) && time.GetElapsedTime(asked) < RememberedFor;

    /// <summary>Has the next call with it ask again.</summary>
    public void Forget(ulong id) => _none.TryRemove(id, out _);

    /// <summary>Whether a key has the public part: as <paramref name="read"/> says, which is asked at once, or once a listing has the key.</summary>
    public async Task<bool> AskAsync(ulong id, Func<ValueTask<bool>> read)
    {
        var asked = time.GetTimestamp();
        var isTaken = TryTake();
        if ((isTaken || (await Listing()).Contains(id)) && await read())
        {
            if (isTaken)
            {
                GiveBack();
            }

            return true;
        }

        Remember(id, asked);
        return false;
    }

    private bool TryTake()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _reads = Math.Min(ReadsAtOnce, _reads + (time.GetElapsedTime(_countedAt, now).TotalSeconds * ReadsPerSecond));
            _countedAt = now;
            if (_reads < 1)
            {
                return false;
            }

            _reads--;
            return true;
        }
    }

    private void GiveBack()
    {
        lock (_gate)
        {
            _reads = Math.Min(ReadsAtOnce, _reads + 1);
        }
    }

    private void Remember(ulong id, long asked)
    {
        if (_none.Count >= Most)
        {
            // None of them is worth more than another: who is asked about again is listed again.
            _none.Clear();
        }

        _none[id] = asked;
    }

    private Task<FrozenSet<ulong>> Listing()
    {
        lock (_gate)
        {
            if (_next is null)
            {
                var before = _listing;
                _next = Task.Run(() => ListAsync(before));
                _listing = _next;
            }

            return _next;
        }
    }

    private async Task<FrozenSet<ulong>> ListAsync(Task before)
    {
        await before.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (_rest - time.GetElapsedTime(_listedAt) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left, time, CancellationToken.None);
        }

        lock (_gate)
        {
            // Who comes from here on may bring a key that this listing does not have.
            _next = null;
        }

        _rest = TimeSpan.Zero;
        using var limit = new CancellationTokenSource(LongestListing, time);
        try
        {
            return await ListAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new GatewayException(503, "The storage of keys does not answer in time.") { Code = "storage_unavailable", RetryAfter = BetweenPages };
        }
        finally
        {
            _listedAt = time.GetTimestamp();
        }
    }

    private async Task<FrozenSet<ulong>> ListAsync(CancellationToken cancellation)
    {
        var ids = new HashSet<ulong>();
        for (var after = ""; ;)
        {
            _rest += BetweenPages;
            var page = await store.ListAsync(after, PageSize, cancellation);
            foreach (var key in page)
            {
                if (KeyText.TryNumber(key.Id, out var id))
                {
                    ids.Add(id);
                }
            }

            if (page.Count < PageSize)
            {
                return ids.ToFrozenSet();
            }

            after = page[^1].Id;
        }
    }
}
