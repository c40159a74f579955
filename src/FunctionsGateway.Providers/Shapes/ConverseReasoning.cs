using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>How hard a model of Bedrock's is to think: OpenAI's <c>reasoning_effort</c> in the words of the model's maker, among <c>additionalModelRequestFields</c>
/// (docs.aws.amazon.com, Nova 2's "Extended thinking"; Claude's words are <see cref="ClaudeReasoning"/>'s; OpenAI's own models take the word as it is).</summary>
internal static class ConverseReasoning
{
    private static readonly string[] Thoughtless = ["amazon.nova-lite", "amazon.nova-micro", "amazon.nova-pro", "amazon.nova-premier",
        "amazon.titan", "meta.", "mistral.", "ai21.", "cohere.", "deepseek."];

    /// <summary>Translates the effort, which is taken out of <paramref name="request"/>, unless the caller says it in the maker's words.</summary>
    /// <param name="request">What of the request is the model's own.</param>
    /// <param name="inference">Converse's own parameters.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="mustCall">Whether a tool must be called.</param>
    /// <param name="turns">The conversation, in Converse's blocks.</param>
    public static void Rewrite(JsonObject request, JsonObject inference, string model, bool mustCall, JsonArray turns)
    {
        if (request.Take("reasoning_effort").Text() is not { } effort || request.ContainsKey("thinking") || request.ContainsKey("reasoningConfig"))
        {
            return;
        }

        if (Is("claude"))
        {
            if (ClaudeReasoning.Rewrite(request, model, effort, inference.Number("maxTokens"), mustCall, turns))
            {
                // A Claude that thinks takes no other temperature than 1.
                inference.Remove("temperature");
                request.Remove("top_k");
                ClaudeReasoning.KeepTopP(inference, "topP");
            }
        }
        else if (Thoughtless.Any(Is))
        {
            return;
        }
        else if (Is("amazon.nova"))
        {
            request["reasoningConfig"] = effort is "none"
                ? new JsonObject { ["type"] = "disabled" }
                : new JsonObject { ["type"] = "enabled", ["maxReasoningEffort"] = effort switch { "minimal" => "low", "xhigh" or "max" => "high", _ => effort } };
        }
        else
        {
            request["reasoning_effort"] = effort;
        }

        bool Is(string name) => model.Contains(name, StringComparison.OrdinalIgnoreCase);
    }
}
