using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Log probabilities in OpenAI's form, from Gemini's <c>logprobsResult</c> (ai.google.dev, "LogprobsResult"): the tokens chosen, and for each those that were likely.</summary>
internal static class GeminiLogprobs
{
    /// <summary>The <c>logprobs</c> of a choice; null when <paramref name="result"/> lists none.</summary>
    public static JsonObject? Of(JsonObject? result)
    {
        if (result?.Array("chosenCandidates") is not { Count: > 0 } chosen)
        {
            return null;
        }

        var likely = result.Array("topCandidates");
        var content = new JsonArray();
        foreach (var token in Head.Objects(chosen))
        {
            var one = Token(token);
            var others = content.Count < likely?.Count ? (likely[content.Count] as JsonObject)?.Array("candidates") ?? [] : [];
            one["top_logprobs"] = new JsonArray([.. Head.Objects(others).Select(Token)]);
            content.Add(one);
        }

        return new() { ["content"] = content, ["refusal"] = null };
    }

    private static JsonObject Token(JsonObject token) => new()
    {
        ["token"] = token.Text("token"),
        ["logprob"] = token["logProbability"]?.DeepClone(),
        ["bytes"] = null,
    };
}
