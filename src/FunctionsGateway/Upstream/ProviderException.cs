using FunctionsGateway.Errors;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Upstream;

/// <summary>A provider did not answer well. As a refusal it carries the status and the text that the client gets.</summary>
/// <param name="status">The client's status (spec/decisions.md D7).</param>
/// <param name="message">The client's text; never the key.</param>
/// <param name="isTransient">Whether another try, or another target, may fare better.</param>
internal sealed class ProviderException(int status, string message, bool isTransient) : GatewayException(status, message)
{
    /// <summary>Whether another try, or another target, may fare better.</summary>
    public bool IsTransient { get; } = isTransient;

    private const string QuotaUsedUp = "insufficient_quota";

    /// <summary>Whether a provider's <paramref name="status"/> is one that another try, or another target, may not meet (spec/decisions.md §5).</summary>
    public static bool IsTransientStatus(int status) => status is 408 or 429 or 498 or >= 500;

    /// <summary>Whether the same target is worth another try: not when it is given a rest, was waited for in vain, billed an answer that cannot be read, or has no
    /// quota left, which no waiting brings back.</summary>
    public bool IsWorthRetry =>
        Code is not ("provider_resting" or "provider_timeout" or "provider_malformed_answer" or QuotaUsedUp)
        && Type is not QuotaUsedUp
        && Upstream is not ({ Code: QuotaUsedUp } or { Type: QuotaUsedUp });

    /// <summary>What the provider itself answered; null when it did not (connect failure, timeout, malformed answer).</summary>
    public UpstreamError? Upstream { get; init; }

    /// <summary>Whether the provider refused the key, and another might do.</summary>
    public bool IsKeyRefused => Upstream is { IsCredentialFailure: true, Status: not 402 };

    /// <summary>The provider did not take the connection.</summary>
    public static ProviderException Unreachable(Provider provider) =>
        new(502, $"The provider '{provider.Name}' could not be reached.", isTransient: true) { Code = "provider_unreachable" };

    /// <summary>The provider was too slow.</summary>
    public static ProviderException TimedOut(Provider provider, TimeSpan patience) =>
        new(504, $"The provider '{provider.Name}' did not answer within {patience.TotalSeconds:0.#} seconds.", isTransient: true) { Code = "provider_timeout", Type = "timeout_error" };

    /// <summary>The connection broke off.</summary>
    public static ProviderException BrokenOff(Provider provider) =>
        new(502, $"The provider '{provider.Name}' broke off its answer.", isTransient: true) { Code = "provider_broke_off" };

    /// <summary>The answer is not what the provider documents.</summary>
    public static ProviderException Malformed(Provider provider, string detail) =>
        new(502, $"The provider '{provider.Name}' sent an answer that cannot be read: {detail}", isTransient: true) { Code = "provider_malformed_answer" };

    /// <summary>Too many calls failed lately: this one was not sent.</summary>
    public static ProviderException CircuitOpen(Provider provider, TimeSpan? retryAfter) =>
        new(503, $"The provider '{provider.Name}' failed repeatedly and is given a rest.", isTransient: true) { Code = "provider_resting", RetryAfter = retryAfter };
}
