using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>What to send instead, once, when a provider of OpenAI's shape refuses a parameter by its name (spec/providers-openai-family.md §2, §4).</summary>
internal static class Remedy
{
    /// <summary>The mended request; null when the refusal is of another kind.</summary>
    public static JsonObject? For(UpstreamError error, JsonObject request)
    {
        // Reasoning models know only the newer name.
        if (error.Code is "unsupported_parameter" && error.Blames("max_tokens") && request.ContainsKey("max_tokens") && !request.ContainsKey("max_completion_tokens"))
        {
            request.Rename("max_tokens", "max_completion_tokens");
            return request;
        }

        return error.Blames("stream_options") && request.Remove("stream_options") ? request : null;
    }
}
