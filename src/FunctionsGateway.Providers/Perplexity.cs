using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Perplexity (spec/providers-openai-family.md §8): chat with citations beside it; no embeddings in this shape.</summary>
public static class Perplexity
{
    private static readonly OpenAIDialect Dialect = new()
    {
        // Usage is in every chunk without being asked for.
        TakesIncludeUsage = static _ => false,
        Answer = static answer => Usage.Tell(answer, "reasoning_tokens", "completion_tokens_details", "reasoning_tokens"),
    };

    /// <summary>The provider <c>perplexity</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("perplexity", "Perplexity", "https://api.perplexity.ai", Dialect) with
    {
        Embeddings = null,
        Native = Dialect.Native(NativeApi.OpenAIChat),
    };
}
