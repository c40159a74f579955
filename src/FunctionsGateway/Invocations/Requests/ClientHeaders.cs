using System.Diagnostics;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Providers;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>Which of the client's headers go on to the provider: those of an allow-list, so that no credential, cookie or address of the client ever does.</summary>
internal static class ClientHeaders
{
    private static readonly string[] Trace = ["traceparent", "tracestate"];

    // Which account pays (openai-organization, openai-project) is the operator's to say.
    private static readonly string[] OpenAI = [.. Trace, "user-agent", "openai-beta", "idempotency-key", "x-client-request-id"];
    private static readonly string[] Anthropic = [.. Trace, "user-agent", "anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access", "idempotency-key"];
    private static readonly string[] Others = [.. Trace, "user-agent", "idempotency-key"];

    /// <summary>The headers for a call; beyond the trace's, only where the client speaks to <paramref name="surface"/>'s own provider.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(IHeaderDictionary headers, Surface surface)
    {
        var allowed = !surface.IsPassthrough ? Trace : surface.Speaks switch
        {
            NativeApi.AnthropicMessages or NativeApi.AnthropicCountTokens => Anthropic,
            NativeApi.OpenAIChat or NativeApi.OpenAIEmbeddings or NativeApi.OpenAIResponses or NativeApi.OpenAICompact => OpenAI,
            _ => Others,
        };
        List<KeyValuePair<string, string>>? found = null;
        foreach (var name in allowed)
        {
            if (headers.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } value)
            {
                (found ??= []).Add(new(name, name == Trace[0] ? Child(value) : value));
            }
        }

        if (surface.IsPassthrough)
        {
            foreach (var (name, value) in headers)
            {
                if (name.StartsWith("x-stainless-", StringComparison.OrdinalIgnoreCase))
                {
                    (found ??= []).Add(new(name, value.ToString()));
                }
            }
        }

        return found ?? (IReadOnlyList<KeyValuePair<string, string>>)[];
    }

    // The provider's work is a child of the gateway's own span, where there is one in the client's trace; else of the client's.
    private static string Child(string parent) =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } own } && parent.Length >= 35 && own.AsSpan(3, 32).SequenceEqual(parent.AsSpan(3, 32)) ? own : parent;
}
