namespace FunctionsGateway.Routes;

/// <summary>Reads names that the snapshot lacks directly, so that a route made through another instance serves at once:
/// one read for all who ask, at most once a second for a name, and for no more than 10,000 names at a time.</summary>
internal sealed class UnknownNames(IRouteStore store, TimeProvider time)
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Reading> _readings = new(StringComparer.Ordinal);
    private readonly Queue<Reading> _byAge = new();

    /// <summary>How many names are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _readings.Count;
            }
        }
    }

    /// <summary>The route of this name as the store has, or within the last second had, it.</summary>
    public Task<GatewayRoute?> FindAsync(string name, CancellationToken cancellation)
    {
        lock (_gate)
        {
            Forget();
            if (!_readings.TryGetValue(name, out var reading) || reading.Answer is { IsCompletedSuccessfully: true, Result: not null })
            {
                _readings[name] = reading = new Reading(name, time.GetTimestamp(), Task.Run(() => store.FindAsync(name, CancellationToken.None), CancellationToken.None));
                _byAge.Enqueue(reading);
            }

            return reading.Answer.WaitAsync(cancellation);
        }
    }

    private void Forget()
    {
        while (_byAge.TryPeek(out var oldest)
            && (_byAge.Count >= Capacity || time.GetElapsedTime(oldest.At) >= Remembered))
        {
            _byAge.Dequeue();
            if (_readings.TryGetValue(oldest.Name, out var current) && current == oldest)
            {
                _readings.Remove(oldest.Name);
            }
        }
    }

    private sealed record Reading(string Name, long At, Task<GatewayRoute?> Answer);
}
