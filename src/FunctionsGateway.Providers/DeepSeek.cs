using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>DeepSeek (spec/providers-openai-family.md §4). It has no embeddings; its reasoning travels as <c>reasoning_content</c>.</summary>
public static class DeepSeek
{
    private static readonly OpenAIDialect Dialect = new()
    {
        Answer = static answer => Usage.Tell(answer, "prompt_cache_hit_tokens", "prompt_tokens_details", "cached_tokens"),
    };

    /// <summary>The provider <c>deepseek</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("deepseek", "DeepSeek", "https://api.deepseek.com/v1", Dialect) with
    {
        Embeddings = null,
        Native = Dialect.Native(NativeApi.OpenAIChat),
    };
}
