using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>AI21's Jurassic-2 completions (spec/providers-own-shape.md §3), at AI21 and at Bedrock.</summary>
internal static class JurassicShape
{
    private static readonly (string Unified, string Native)[] Names = [("stop", "stopSequences"), ("n", "numResults"), ("max_tokens", "maxTokens")];

    // The unified range is 0 to 2, Jurassic's 0 to 1.
    private const double TemperatureScale = 0.5;

    public static JsonObject Request(JsonObject request)
    {
        ChatShape.RefuseNative(request, Names);
        ChatShape.Stop(request, "stop");
        ChatShape.ScaleTemperature(request, TemperatureScale);
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

    /// <summary>The texts; each with the probabilities of its tokens, and at which length it ended.</summary>
    public static IEnumerable<Generation>? Texts(JsonObject answer) => answer.Array("completions") is { Count: > 0 } completions
        ? Head.Objects(completions).Select(Text)
        : null;

    private static Generation Text(JsonObject one)
    {
        var (data, finish) = (one.Object("data"), one.Object("finishReason"));
        var (text, reason) = (data?.Text("text"), Reason(finish?.Text("reason")));
        data?.Remove("text");
        finish?.Remove("reason");
        foreach (var (name, part) in new[] { ("data", data), ("finishReason", finish) })
        {
            if (part is { Count: 0 })
            {
                one.Remove(name);
            }
        }

        return new(text, reason, Own: one);
    }

    /// <summary>The counts, where the answer lists its tokens.</summary>
    public static (long? Prompt, long? Completion) Tokens(JsonObject answer) => (
        answer.Object("prompt")?.Array("tokens")?.Count,
        answer.Array("completions")?.OfType<JsonObject>().Select(one => (long?)one.Object("data")?.Array("tokens")?.Count).Aggregate((long?)0, (sum, count) => sum + count));

    private static string? Reason(string? reason) => reason is "endoftext" ? "stop" : reason;
}
