using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>How hard a model of Bedrock's is to think: OpenAI's <c>reasoning_effort</c> in the words of the model's maker, among <c>additionalModelRequestFields</c>
/// (docs.aws.amazon.com, "Extended thinking", "Adaptive thinking", Nova 2's "Extended thinking"; OpenAI's own models take the word as it is).</summary>
internal static class ConverseReasoning
{
    // The least that Claude takes.
    private const int LeastBudget = 1024;

    // Claudes before these do not think at all; from the second on they judge for themselves how long.
    private static readonly Version FirstToThink = new(3, 7), FirstToJudge = new(4, 6);

    private static readonly string[] Thoughtless = ["amazon.nova-lite", "amazon.nova-micro", "amazon.nova-pro", "amazon.nova-premier",
        "amazon.titan", "meta.", "mistral.", "ai21.", "cohere.", "deepseek."];

    /// <summary>Translates the effort, which is taken out of <paramref name="request"/>, unless the caller says it in the maker's words.</summary>
    /// <param name="request">What of the request is the model's own.</param>
    /// <param name="inference">Converse's own parameters.</param>
    /// <param name="model">The model's name.</param>
    public static void Rewrite(JsonObject request, JsonObject inference, string model)
    {
        if (request.Take("reasoning_effort").Text() is not { } effort || request.ContainsKey("thinking") || request.ContainsKey("reasoningConfig"))
        {
            return;
        }

        if (Is("claude"))
        {
            if (ClaudeModel.VersionOf(model) is { } version && version >= FirstToThink)
            {
                Claude(request, inference, effort, hasBudget: version < FirstToJudge);
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

    private static void Claude(JsonObject request, JsonObject inference, string effort, bool hasBudget)
    {
        if (effort is "none")
        {
            return;
        }

        if (!hasBudget)
        {
            request["thinking"] = new JsonObject { ["type"] = "adaptive" };
            request.Within("output_config").Ensure("effort", effort is "minimal" ? "low" : effort);
        }
        else if ((inference.Number("maxTokens") ?? double.MaxValue) > LeastBudget)
        {
            // The budget must stay below what the whole answer may take.
            var budget = effort switch { "minimal" or "low" => LeastBudget, "medium" => 8192, _ => 24576 };
            request["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = (int)Math.Min(budget, (inference.Number("maxTokens") ?? double.MaxValue) - 1) };
        }
        else
        {
            return;
        }

        // A Claude that thinks takes no other temperature than 1.
        inference.Remove("temperature");
    }
}
