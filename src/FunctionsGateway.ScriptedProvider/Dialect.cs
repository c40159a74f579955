using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>One operation of one provider's wire, as a value.</summary>
/// <param name="Answer">The unary answer.</param>
/// <param name="Events">The events of a streamed answer, whole with their blank line; null where the operation never streams.</param>
/// <param name="Error">The body of an error by its status.</param>
/// <param name="ErrorEvent">The event that says in a stream that it failed.</param>
internal sealed record Dialect(
    Func<Ask, JsonNode> Answer, Func<Ask, IEnumerable<string>>? Events, Func<int, JsonNode> Error, string ErrorEvent)
{
    /// <summary>Whether the operation streams whatever the body says.</summary>
    public bool AlwaysStreams { get; init; }

    /// <summary>When every answer of this provider was made: 2023-11-14.</summary>
    public const long Created = 1_700_000_000;

    /// <summary>The operation that a path names, below any base; null for an unknown one.</summary>
    public static Dialect? Of(string path) => path.TrimEnd('/') switch
    {
        var p when p.EndsWith("/chat/completions", StringComparison.Ordinal) => OpenAI.Chat,
        var p when p.EndsWith("/fim/completions", StringComparison.Ordinal) => OpenAI.Chat,
        var p when p.EndsWith("/completions", StringComparison.Ordinal) => OpenAI.Completions,
        var p when p.EndsWith("/embeddings", StringComparison.Ordinal) => OpenAI.Embeddings,
        var p when p.EndsWith("/responses", StringComparison.Ordinal) => OpenAIResponses.Responses,
        var p when p.EndsWith("/responses/compact", StringComparison.Ordinal) => OpenAIResponses.Compact,
        var p when p.EndsWith("/models", StringComparison.Ordinal) => OpenAI.Models,
        var p when p.EndsWith("/v2/chat", StringComparison.Ordinal) => Cohere.Chat,
        var p when p.EndsWith("/v2/embed", StringComparison.Ordinal) => Cohere.Embed,
        var p when p.EndsWith("/v2/rerank", StringComparison.Ordinal) => Cohere.Rerank,
        var p when p.EndsWith(":generateContent", StringComparison.Ordinal) => Gemini.Content,
        var p when p.EndsWith(":streamGenerateContent", StringComparison.Ordinal) => Gemini.Stream,
        var p when p.EndsWith(":countTokens", StringComparison.Ordinal) => Gemini.CountTokens,
        var p when p.EndsWith(":embedContent", StringComparison.Ordinal) => Gemini.Embedding,
        var p when p.EndsWith(":batchEmbedContents", StringComparison.Ordinal) => Gemini.Embeddings,
        var p when p.EndsWith("/messages/count_tokens", StringComparison.Ordinal) => Anthropic.CountTokens,
        var p when p.EndsWith("/messages", StringComparison.Ordinal) => Anthropic.Messages,
        var p when p.EndsWith("/complete", StringComparison.Ordinal) => Anthropic.Complete,
        var p when p.EndsWith("/embeddings/invocations", StringComparison.Ordinal) => MlflowServing.Embeddings,
        var p when p.EndsWith("/invocations", StringComparison.Ordinal) => MlflowServing.Invocations,
        _ => null,
    };

    /// <summary>An unnamed event.</summary>
    public static string Event(JsonNode data) => $"data: {data.ToJsonString()}\n\n";

    /// <summary>A named event.</summary>
    public static string Event(string name, JsonNode data) => $"event: {name}\ndata: {data.ToJsonString()}\n\n";
}
