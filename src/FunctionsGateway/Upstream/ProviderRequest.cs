using FunctionsGateway.Providers;

namespace FunctionsGateway.Upstream;

/// <summary>A call as it goes to one target: everything but the signature, which is made anew for each try.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Address">The full address.</param>
/// <param name="Body">The JSON body; sent again as it is when a try is repeated.</param>
/// <param name="Headers">Headers of the client that the surface lets through; they go before the provider's constant ones.</param>
internal sealed record ProviderRequest(TargetBinding Target, Uri Address, ReadOnlyMemory<byte> Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The longest wait for a connection; as long as the try itself when null.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>Whether the client speaks the provider's own dialect, so that it understands the provider's own refusals.</summary>
    public bool IsNative { get; init; }

    /// <summary>What to send instead after a refusal: from the provider's error and the body sent to a mended body; null when nothing can be mended.</summary>
    public Func<UpstreamError, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>? Mend { get; init; }

    /// <summary>This request without what the target is known to refuse (<see cref="TargetBinding.Refusals"/>).</summary>
    public ProviderRequest Mended()
    {
        var request = this;
        foreach (var refusal in Target.Refusals)
        {
            request = Mend?.Invoke(refusal, request.Body) is { } body ? request with { Body = body } : request;
        }

        return request;
    }

    /// <summary>Where the tries are counted.</summary>
    public Effort Effort { get; init; } = new();

    /// <summary>Called each time that the first byte goes to the provider; null when nobody wants to know.</summary>
    public Action? Sending { get; init; }
}
