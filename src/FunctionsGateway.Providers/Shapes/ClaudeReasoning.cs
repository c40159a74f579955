using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>How hard a Claude is to think: OpenAI's <c>reasoning_effort</c> in the words of the model's generation, wherever it is served
/// (platform.claude.com, "Extended thinking", "Adaptive thinking", "Effort").</summary>
/// <remarks>Claudes before 3.7 do not think. Those before 4.6 are given a budget; <c>output_config.effort</c> is unknown to most of them.
/// From 4.6 on a Claude judges for itself how long, at an effort; from 4.7 on a budget is refused.</remarks>
internal static class ClaudeReasoning
{
    // The least budget that is taken; and what any Claude that knows budgets may write in all.
    private const int LeastBudget = 1024, MostTokens = 32000;

    private const double LeastTopP = 0.95;

    private static readonly Version FirstToThink = new(3, 7), FirstToJudge = new(4, 6), FirstWithExtraHigh = new(4, 7);

    /// <summary>Writes the effort as members of Anthropic's own body.</summary>
    /// <param name="body">Where <c>thinking</c> and <c>output_config</c> go.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="effort">OpenAI's word.</param>
    /// <param name="cap">What the whole answer may take, thoughts included; null when the caller has not said it.</param>
    /// <param name="mustCall">Whether a tool must be called, which no Claude does that was told to think.</param>
    /// <param name="turns">The conversation, in Anthropic's blocks or in Converse's.</param>
    /// <returns>Whether the model thinks; then it takes no other temperature than 1, and no top-k.</returns>
    public static bool Rewrite(JsonObject body, string model, string effort, double? cap, bool mustCall, JsonArray turns)
    {
        if (effort is "none" || ClaudeModel.VersionOf(model) is not { } version || version < FirstToThink)
        {
            return false;
        }

        if (version >= FirstToJudge)
        {
            body.Within("output_config").Ensure("effort", effort switch
            {
                "minimal" => "low",
                "xhigh" when version < FirstWithExtraHigh => "high",
                _ => effort,
            });
            return !mustCall && body.TryAdd("thinking", new JsonObject { ["type"] = "adaptive" });
        }

        if (mustCall || cap <= LeastBudget || HasLostThoughts(turns))
        {
            return false;
        }

        // The budget must stay below what the whole answer may take.
        var budget = effort switch { "minimal" or "low" => LeastBudget, "medium" => 8192, _ => 24576 };
        body["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = (int)Math.Min(budget, (cap ?? double.MaxValue) - 1) };
        return true;
    }

    /// <summary>Takes out a top-p that a thinking Claude refuses: one below 0.95.</summary>
    public static void KeepTopP(JsonObject parameters, string name)
    {
        if (parameters.Number(name) < LeastTopP)
        {
            parameters.Remove(name);
        }
    }

    /// <summary>What the whole answer may take where the caller has not said it, for a Messages body: <paramref name="answer"/> beside the thoughts.</summary>
    public static void Widen(JsonObject body, int answer)
    {
        if (body.Object("thinking") is { } thinking && thinking.Whole("budget_tokens") is { } budget)
        {
            thinking["budget_tokens"] = Math.Min(budget, MostTokens - answer);
            body["max_tokens"] = Math.Min(budget + answer, MostTokens);
        }
    }

    // A turn that called tools must begin with its thought once a budget is given; many a client gives back the calls alone. The turn goes from the
    // user's last own words through all calls and results, and only its first message need hold a thought ("Extended thinking with tool use").
    private static bool HasLostThoughts(JsonArray turns)
    {
        var (first, called) = ((JsonArray?)null, false);
        for (var i = turns.Count - 1; i >= 0 && turns[i] is JsonObject turn; i--)
        {
            var blocks = turn.Array("content");
            if (turn.Text("role") is "assistant")
            {
                first = blocks;
                called |= Holds(blocks, "tool_use", "toolUse");
            }
            else if (!Holds(blocks, "tool_result", "toolResult"))
            {
                break;
            }
        }

        return called && !(first is [JsonObject start, ..] && (start.Text("type") is "thinking" or "redacted_thinking" || start.ContainsKey("reasoningContent")));

        static bool Holds(JsonArray? blocks, string type, string member) =>
            blocks?.OfType<JsonObject>().Any(block => block.Text("type") == type || block.ContainsKey(member)) == true;
    }
}
