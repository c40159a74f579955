using FunctionsGateway.Providers;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations;

/// <summary>A call on its way to the targets.</summary>
/// <param name="Context">The request and its answer.</param>
/// <param name="Invocation">What is asked.</param>
/// <param name="RequestId">The call's name, from which its target follows.</param>
/// <param name="Deadlines">How long its parts may take.</param>
/// <param name="Deadline">How long all of it may.</param>
/// <param name="Effort">What it has taken so far.</param>
internal sealed record Call(HttpContext Context, Invocation Invocation, string RequestId, CallDeadlines Deadlines, Deadline Deadline, Effort Effort)
{
    /// <summary>Fires when the client is gone.</summary>
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Whether the client wants a stream as one array, as Gemini's API gives it without <c>alt=sse</c>.</summary>
    public bool WantsArray => Invocation.Surface.Speaks == NativeApi.GeminiGenerateContent && Context.Request.Query["alt"] != "sse";

    /// <summary>The headers of the client that go on to the provider.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Called each time that the first byte goes to a provider; null when nobody wants to know.</summary>
    public Action? Sending { get; init; }

    /// <summary>This call's request to <paramref name="target"/>.</summary>
    public ProviderRequest To(TargetBinding target, Uri address, ReadOnlyMemory<byte> body) => new(target, address, body, Headers)
    {
        Connect = Deadlines.Connect,
        IsNative = Invocation.Surface.IsPassthrough,
        Effort = Effort,
        Sending = Sending,
    };
}
