using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>AI21's Jurassic-2 completions (spec/providers-own-shape.md §3), at AI21 and at Bedrock.</summary>
internal static class JurassicShape
{
    private static readonly (string Unified, string Native)[] Names = [("stop", "stopSequences"), ("n", "numResults"), ("max_tokens", "maxTokens")];

    public static JsonObject Request(JsonObject request, double scale)
    {
        ChatShape.RefuseNative(request, Names);
        ChatShape.Stop(request, "stop");
        ChatShape.ScaleTemperature(request, scale);
        foreach (var (unified, native) in Names)
        {
            request.Rename(unified, native);
        }

        request.Rename("top_p", "topP");
        request.Rename("top_k", "topKReturn");
        foreach (var (unified, native) in new[] { ("frequency_penalty", "frequencyPenalty"), ("presence_penalty", "presencePenalty") })
        {
            if (request.Take(unified) is { } value)
            {
                request.TryAdd(native, new JsonObject { ["scale"] = value });
            }
        }

        return request;
    }

    public static IEnumerable<(string? Text, string? Reason)>? Texts(JsonObject answer) => answer.Array("completions") is { Count: > 0 } completions
        ? Head.Objects(completions).Select(one => (one.Object("data")?.Text("text"), Reason(one.Object("finishReason")?.Text("reason"))))
        : null;

    /// <summary>The counts, where the answer lists its tokens.</summary>
    public static (long? Prompt, long? Completion) Tokens(JsonObject answer) => (
        answer.Object("prompt")?.Array("tokens")?.Count,
        answer.Array("completions")?.OfType<JsonObject>().Select(one => (long?)one.Object("data")?.Array("tokens")?.Count).Aggregate((long?)0, (sum, count) => sum + count));

    private static string? Reason(string? reason) => reason is "endoftext" ? "stop" : reason;
}
