using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>DeepSeek (spec/providers-openai-family.md §4). It has no embeddings; its reasoning travels as <c>reasoning_content</c>.</summary>
public static class DeepSeek
{
    private static readonly OpenAIDialect Dialect = new() { Answer = CachedTokens };

    /// <summary>The provider <c>deepseek</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("deepseek", "DeepSeek", "https://api.deepseek.com/v1", Dialect) with
    {
        Embeddings = null,
        Native = Dialect.Native(NativeApi.OpenAIChat),
    };

    private static void CachedTokens(JsonObject answer)
    {
        if (answer.Object("usage") is { } usage && usage.Whole("prompt_cache_hit_tokens") is { } hits)
        {
            usage.Within("prompt_tokens_details").Ensure("cached_tokens", hits);
        }
    }
}
