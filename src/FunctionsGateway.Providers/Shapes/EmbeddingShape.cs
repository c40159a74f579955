using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The unified embeddings answer (spec/mlflow-gen12.md §5.5), given in place to an answer of OpenAI's shape.</summary>
internal static class EmbeddingShape
{
    /// <summary>Gives <paramref name="answer"/> the unified shape; a base64 <c>embedding</c> passes as it is.</summary>
    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        if (answer.Array("data") is not { Count: > 0 } data)
        {
            UpstreamError.ThrowIfError(answer);
            throw new MalformedAnswerException("The provider's answer has no 'data'.");
        }

        var index = 0;
        foreach (var item in Head.Objects(data))
        {
            if (item["embedding"] is null)
            {
                throw new MalformedAnswerException("The provider's answer has an item without an 'embedding'.");
            }

            item["object"] = "embedding";
            item.Fill("index", index++);
        }

        answer["object"] = "list";
        answer.Fill("model", call.Model);
        var usage = answer.Within("usage");
        usage.Ensure("prompt_tokens");
        usage.Fill("total_tokens", usage.Whole("prompt_tokens"));
        return answer;
    }

    /// <summary>The texts to embed, taken out of a request; OpenAI's token numbers mean nothing to others.</summary>
    public static IReadOnlyList<string> TakeTexts(JsonObject request) => request.Take("input") switch
    {
        JsonArray { Count: > 0 } list => [.. list.Select(item => item.Text() ?? throw NotText())],
        var one => [one.Text() ?? throw NotText()],
    };

    private static TranslationException NotText() => new("'input' must be a string or a list of strings for this provider.");

    /// <summary>An answer of the vectors that a provider of another shape gave, in their order.</summary>
    public static JsonObject NewAnswer(ProviderCall call, IEnumerable<JsonNode> vectors, long? tokens = null) => Answer(
        new()
        {
            ["data"] = new JsonArray([.. vectors.Select(vector => (JsonNode)new JsonObject { ["embedding"] = vector })]),
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens },
        },
        call);

    /// <summary>The vector in <paramref name="node"/>, free to be put elsewhere.</summary>
    public static JsonNode Vector(JsonNode? node) => Vector(node, mayBeText: false);

    /// <summary>The vector in <paramref name="node"/>, free to be put elsewhere; a text in base64 if it <paramref name="mayBeText"/>.</summary>
    public static JsonNode Vector(JsonNode? node, bool mayBeText) => (node is JsonArray { Count: > 0 } vector && vector.All(item => item is JsonValue && item.Text() is null))
        || (mayBeText && node.Text() is { Length: > 0 })
        ? node!.DeepClone()
        : throw new MalformedAnswerException("The provider's answer has an embedding that is not a list of numbers.");
}
