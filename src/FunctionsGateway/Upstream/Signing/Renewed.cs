using System.Collections.Concurrent;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>Values that expire, by key: each is fetched by one caller for all, and anew some minutes before its end.</summary>
internal sealed class Renewed<T>(TimeProvider time)
{
    // Rotated keys leave entries behind; beyond this many all are fetched again.
    private const int Most = 1000;

    private static readonly TimeSpan Early = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Entry> _entries = new();

    /// <summary>The value of <paramref name="key"/>, fetched when there is none that lasts.</summary>
    /// <param name="key">What the value belongs to; a hash where it would hold a secret.</param>
    /// <param name="fetch">Fetches it, and tells when it ends.</param>
    /// <param name="cancellationToken">Ends this caller's waiting.</param>
    public ValueTask<T> GetAsync(string key, Func<CancellationToken, Task<(T Value, DateTimeOffset Ends)>> fetch, CancellationToken cancellationToken)
    {
        if (_entries.Count > Most)
        {
            _entries.Clear();
        }

        var entry = _entries.GetOrAdd(key, static _ => new());
        return entry.Current is { } current && time.GetUtcNow() < current.Until
            ? ValueTask.FromResult(current.Value)
            : new(FetchAsync(entry, fetch, cancellationToken));
    }

    /// <summary>Drops the values that <paramref name="isRefused"/> picks, since a provider took them no more; whether there was one.</summary>
    public bool Forget(Func<T, bool> isRefused)
    {
        var hasForgotten = false;
        foreach (var entry in _entries.Values)
        {
            if (entry.Current is { } current && isRefused(current.Value))
            {
                entry.Current = null;
                hasForgotten = true;
            }
        }

        return hasForgotten;
    }

    private async Task<T> FetchAsync(Entry entry, Func<CancellationToken, Task<(T Value, DateTimeOffset Ends)>> fetch, CancellationToken cancellationToken)
    {
        await entry.One.WaitAsync(cancellationToken);
        try
        {
            if (entry.Current is { } other && time.GetUtcNow() < other.Until)
            {
                return other.Value;
            }

            var (value, ends) = await fetch(cancellationToken);
            var lifetime = ends - time.GetUtcNow();
            entry.Current = new(value, ends - (lifetime < 2 * Early ? lifetime / 2 : Early));
            return value;
        }
        finally
        {
            entry.One.Release();
        }
    }

    private sealed class Entry
    {
        public SemaphoreSlim One { get; } = new(1);

        public Lasting? Current { get; set; }
    }

    private sealed record Lasting(T Value, DateTimeOffset Until);
}
