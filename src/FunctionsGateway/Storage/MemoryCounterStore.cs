using System.Collections.Concurrent;
using System.Globalization;
using FunctionsGateway.Limits.Counting;

namespace FunctionsGateway.Storage;

/// <summary>Counters of a single process, for development without storage and for tests.</summary>
internal sealed class MemoryCounterStore(TimeProvider time) : ICounterStore
{
    private readonly ConcurrentDictionary<CounterIdentity, (LimitWindow Row, long Version)> _rows = new();
    private readonly Lock _gate = new();
    private long _version;
    private DateTimeOffset _swept;

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> ReadAsync(CounterIdentity counter) => new(Seen(counter, time.GetTimestamp()));

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> AddAsync(CounterIdentity counter, LimitWindow row) => ReplaceAsync(counter, row, "");

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> ReplaceAsync(CounterIdentity counter, LimitWindow row, string etag)
    {
        var sent = time.GetTimestamp();
        lock (_gate)
        {
            if (ETagOf(counter) != etag)
            {
                return new(Seen(counter, sent));
            }

            _rows[counter] = (row, ++_version);
            return new(new StoreAnswer.Won(ETagOf(counter), Mark(sent)));
        }
    }

    /// <inheritdoc/>
    public Task<int> SweepAsync(DateTimeOffset earliest, TimeSpan interval, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (earliest < _swept + interval)
            {
                return Task.FromResult(0);
            }

            _swept = earliest;
            var over = _rows.Where(row => row.Value.Row.IsOver(row.Key.Period, earliest)).ToList();
            over.ForEach(row => _rows.TryRemove(row));
            return Task.FromResult(over.Count);
        }
    }

    private StoreAnswer.Lost Seen(CounterIdentity counter, long sent)
    {
        lock (_gate)
        {
            return new StoreAnswer.Lost(_rows.TryGetValue(counter, out var row) ? row.Row : null, ETagOf(counter), Mark(sent));
        }
    }

    private string ETagOf(CounterIdentity counter) => _rows.TryGetValue(counter, out var row) ? row.Version.ToString(CultureInfo.InvariantCulture) : "";

    private StoreMark Mark(long sent)
    {
        var now = time.GetUtcNow();
        return new StoreMark(now.AddTicks(-(now.UtcTicks % TimeSpan.TicksPerSecond)), sent, time.GetTimestamp());
    }
}
