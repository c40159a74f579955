namespace FunctionsGateway.Upstream.Signing;

/// <summary>By how much this machine's clock and AWS' differ, as far as AWS has said so: signatures older, or younger, than five minutes are refused
/// (spec/providers-own-shape.md §7.6).</summary>
internal sealed class AwsClock
{
    // Below it the clock was not to blame, and signing again would fail again.
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(4);

    // Names of services of AWS' that speak JSON, and of those that speak XML.
    private static readonly string[] Refusals =
        ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "AuthFailure"];

    private long _ticks;

    /// <summary>What is added to this machine's time.</summary>
    public TimeSpan Offset => new(Interlocked.Read(ref _ticks));

    /// <summary>Takes AWS' word for it when a request was refused for its time; whether that changed anything.</summary>
    /// <param name="type">AWS' name of the refusal.</param>
    /// <param name="offset">AWS' time less this machine's.</param>
    public bool Set(string? type, TimeSpan offset)
    {
        if (!Refusals.Contains(type) || (offset - Offset).Duration() < Least)
        {
            return false;
        }

        Interlocked.Exchange(ref _ticks, offset.Ticks);
        return true;
    }
}
