using FunctionsGateway.Errors;

namespace FunctionsGateway.Access.Keys;

/// <summary>What an instance knows of a key that it has met.</summary>
internal sealed class KnownKey
{
    private readonly Fresh<Known?> _known;
    private readonly TimeProvider _time;

    /// <summary>Knows nothing yet of the key whose public part is <paramref name="id"/>.</summary>
    public KnownKey(string id, IKeyStore store, TimeProvider time)
    {
        _time = time;
        _known = new(async cancellation => await store.FindAsync(id, cancellation) is { } key ? new Known(key, key.ToCaller()) : null, Unanswered, time);
    }

    /// <summary>Whether it can be forgotten.</summary>
    public bool IsOld => _known.IsOld;

    /// <summary>Whether there is such a key.</summary>
    /// <exception cref="GatewayException">503: storage does not answer, and what is known is too old.</exception>
    public async ValueTask<bool> ExistsAsync() => await _known.GetAsync(CancellationToken.None) is not null;

    /// <summary>The caller whose key <paramref name="text"/> is, or null.</summary>
    /// <exception cref="GatewayException">503: storage does not answer, and what is known is too old.</exception>
    public ValueTask<Caller?> FindAsync(string text, CancellationToken cancellation)
    {
        var knowing = _known.GetAsync(cancellation);
        return knowing.IsCompletedSuccessfully ? ValueTask.FromResult(CallerOf(knowing.Result, text)) : AwaitAsync(knowing, text);
    }

    private async ValueTask<Caller?> AwaitAsync(ValueTask<Known?> knowing, string text) => CallerOf(await knowing, text);

    private Caller? CallerOf(Known? known, string text) => known?.Key.Admits(text, _time.GetUtcNow()) == true ? known.Caller : null;

    private static GatewayException Unanswered() =>
        new(503, "The storage of keys does not answer in time.") { Code = "storage_unavailable", RetryAfter = TimeSpan.FromSeconds(1) };

    private sealed record Known(GatewayKey Key, Caller Caller);
}
