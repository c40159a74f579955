using FunctionsGateway.Limits.Counting;

namespace FunctionsGateway.Limits;

/// <summary>What one admitted call has reserved. Dispose it when the call is over; copies are the same reservation.</summary>
/// <remarks>Order of a call: admit, <see cref="MarkUsed"/> when the first byte goes to a provider, <see cref="Settle"/> when its tokens are known, dispose.
/// Disposed before it is used, it returns its permits; disposed unsettled, its token estimate stays charged.</remarks>
internal readonly struct Reservation : IDisposable
{
    private readonly Limiter? _limiter;
    private readonly int _turn;

    /// <summary>A reservation of <paramref name="hold"/>.</summary>
    public Reservation(Limiter limiter, Hold hold) => (_limiter, Hold, _turn) = (limiter, hold, hold.Turn);

    /// <summary>What is held; null when the route has no limits.</summary>
    internal Hold? Hold { get; }

    /// <summary>The permits are used: a byte goes to a provider. Retries and fallbacks use no further ones.</summary>
    public void MarkUsed() => _limiter?.MarkUsed(Hold!, _turn);

    /// <summary>Settles the tokens, once; later calls change nothing. A surplus returns to memory, an overrun is charged.</summary>
    public void Settle(long actualTokens) => _limiter?.Settle(Hold!, _turn, actualTokens);

    /// <summary>The rate headers of the call; null when the route has no limits.</summary>
    public RateHeaders? Headers() => _limiter?.HeadersOf(Hold!, _turn);

    /// <inheritdoc/>
    public void Dispose() => _limiter?.Release(Hold!, _turn);
}
