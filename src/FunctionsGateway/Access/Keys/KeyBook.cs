using System.Collections.Concurrent;

namespace FunctionsGateway.Access.Keys;

/// <summary>The keys that an instance has met. A call with a key met lately asks no storage.</summary>
/// <remarks>Who makes up keys cannot make an instance forget the real ones, nor have it ask storage more than a bounded number of times
/// (<see cref="UnknownKeys"/>), nor keep a real key out that this instance has not met.</remarks>
internal sealed class KeyBook(IKeyStore store, TimeProvider time)
{
    // Of keys that exist, so that only a manager can fill it; above it the unused are forgotten.
    private const int Many = 10_000;

    private readonly ConcurrentDictionary<ulong, KnownKey> _known = new();
    private readonly ConcurrentDictionary<ulong, Meeting> _meetings = new();
    private readonly UnknownKeys _unknown = new(store, time);

    /// <summary>The caller whose key <paramref name="text"/> is; null when it is unknown, disabled or expired.</summary>
    public ValueTask<Caller?> FindAsync(string text, CancellationToken cancellation)
    {
        if (!KeyText.TryId(text, out var id))
        {
            return default;
        }

        return _known.TryGetValue(id, out var known) ? known.FindAsync(text, cancellation)
            : _unknown.Has(id) ? default
            : MeetAsync(id, text, cancellation);
    }

    /// <summary>Has the next call with the key ask storage.</summary>
    public void Forget(string id)
    {
        if (KeyText.TryNumber(id, out var number))
        {
            _meetings.TryRemove(number, out _);
            _known.TryRemove(number, out _);
            _unknown.Forget(number);
        }
    }

    private async ValueTask<Caller?> MeetAsync(ulong id, string text, CancellationToken cancellation)
    {
        var meeting = _meetings.GetOrAdd(id, static (id, book) => new Meeting(book, id), this);
        return await meeting.Outcome.WaitAsync(cancellation) is { } known ? await known.FindAsync(text, cancellation) : null;
    }

    private async Task<KnownKey?> MeetAsync(ulong id, Meeting meeting)
    {
        var known = new KnownKey(KeyText.Id(id), store, time);
        var exists = false;
        try
        {
            exists = await _unknown.AskAsync(id, known.ExistsAsync);
        }
        finally
        {
            // Whoever changed the key meanwhile has had this meeting forgotten, and its outcome is kept by no one.
            if (_meetings.TryRemove(KeyValuePair.Create(id, meeting)) && exists)
            {
                Trim();
                _known[id] = known;
            }
        }

        return exists ? known : null;
    }

    private void Trim()
    {
        if (_known.Count >= Many)
        {
            foreach (var (old, _) in _known.Where(entry => entry.Value.IsOld))
            {
                _known.TryRemove(old, out _);
            }
        }
    }

    /// <summary>The one question about a key for all who bring it at once.</summary>
    private sealed class Meeting(KeyBook book, ulong id)
    {
        private readonly Lock _gate = new();
        private Task<KnownKey?>? _outcome;

        /// <summary>The key, or null when there is none.</summary>
        public Task<KnownKey?> Outcome
        {
            get
            {
                lock (_gate)
                {
                    // Nobody's cancellation ends what others wait for.
                    return _outcome ??= Task.Run(() => book.MeetAsync(id, this));
                }
            }
        }
    }
}
