using System.Collections.Concurrent;

namespace FunctionsGateway.Access.Keys;

/// <summary>The keys that an instance has met. A call with a key met lately asks no storage.</summary>
internal sealed class KeyBook(IKeyStore store, TimeProvider time)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<ulong, KnownKey> _known = new();

    /// <summary>The caller whose key <paramref name="text"/> is; null when it is unknown, disabled or expired.</summary>
    public ValueTask<Caller?> FindAsync(string text, CancellationToken cancellation)
    {
        if (!KeyText.TryId(text, out var id))
        {
            return default;
        }

        return _known.TryGetValue(id, out var known)
            ? known.FindAsync(text, cancellation)
            : Add(id).FindAsync(text, cancellation);
    }

    /// <summary>Has the next call with the key ask storage.</summary>
    public void Forget(string id)
    {
        if (KeyText.TryNumber(id, out var number))
        {
            _known.TryRemove(number, out _);
        }
    }

    private KnownKey Add(ulong id)
    {
        if (_known.Count >= Most)
        {
            foreach (var (old, _) in _known.Where(entry => entry.Value.IsOld))
            {
                _known.TryRemove(old, out _);
            }

            if (_known.Count >= Most)
            {
                _known.Clear();
            }
        }

        return _known.GetOrAdd(id, static (id, book) => new KnownKey(KeyText.Id(id), book.store, book.time), (store, time));
    }
}
