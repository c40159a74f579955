using System.Collections.Frozen;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Upstream.Egress;

/// <summary>The headers that may pass the gateway, by name; every other stops here: credentials and cookies on the way up; cookies,
/// what names the server, and what belongs to the connection on the way down.</summary>
internal static class ForwardedHeaders
{
    private static readonly FrozenSet<string> Up = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "anthropic-beta", "anthropic-dangerous-direct-browser-access", "anthropic-version", "idempotency-key",
        "openai-beta", "traceparent", "tracestate", "user-agent", "x-client-request-id");

    private static readonly string[] DownPrefixes = ["x-ratelimit-", "anthropic-ratelimit-"];

    /// <summary>Whether a client's header may go to a provider.</summary>
    public static bool MayGoUp(string name) => Up.Contains(name) || name.StartsWith("x-stainless-", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a provider's header may go to a client: what it says of its own limits.</summary>
    public static bool MayComeDown(string name) => Array.Exists(DownPrefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary><paramref name="value"/>, which must be one line.</summary>
    /// <param name="name">The header.</param>
    /// <param name="value">What a client sent, or a route's configuration says.</param>
    /// <param name="status">Whose fault it is: the client's, or a server's.</param>
    public static string OneLine(string name, string value, int status = 400) =>
        HasBreak(value) ? throw new GatewayException(status, $"The header '{name}' holds a line break or a NUL.") : value;

    private static bool HasBreak(string value) => value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0;
}
