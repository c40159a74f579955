using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>DeepSeek (spec/providers-openai-family.md §4). It has no embeddings; its reasoning travels as <c>reasoning_content</c>.</summary>
public static class DeepSeek
{
    private static readonly OpenAIDialect Dialect = new()
    {
        // Where tools are used a thought must come back with every later call, elsewhere it is ignored, and old reasoning models refused it
        // (api-docs.deepseek.com, "Thinking Mode").
        TakesBack = static request => UsesTools(request) ? ["reasoning_content"] : [],
        Answer = static answer => Usage.Tell(answer, "prompt_cache_hit_tokens", "prompt_tokens_details", "cached_tokens"),
    };

    /// <summary>The provider <c>deepseek</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("deepseek", "DeepSeek", "https://api.deepseek.com/v1", Dialect) with
    {
        Embeddings = null,
        Native = Dialect.Native(NativeApi.OpenAIChat),
    };

    private static bool UsesTools(JsonObject request) =>
        request.Array("tools") is { Count: > 0 } || AssistantMembers.Of(request).Any(message => message.Array("tool_calls") is { Count: > 0 });
}
