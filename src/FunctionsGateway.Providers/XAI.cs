using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>xAI (spec/providers-openai-family.md §4).</summary>
public static class XAI
{
    private static readonly OpenAIDialect Dialect = new() { Request = Request, Answer = ReasoningTokens };

    /// <summary>The provider <c>xai</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("xai", "xAI", "https://api.x.ai/v1", Dialect) with
    {
        Native = Dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIEmbeddings, NativeApi.OpenAIResponses),
    };

    private static void Request(JsonObject request, ProviderCall call)
    {
        if (request.Flag("deferred") == true)
        {
            throw new TranslationException("'deferred' is not supported: xAI answers it with a request id in place of choices.", 400);
        }
    }

    // xAI counts reasoning on top of the completion, OpenAI within it; the total tells which was done.
    private static void ReasoningTokens(JsonObject answer)
    {
        if (answer.Object("usage") is { } usage && usage.Object("completion_tokens_details")?.Whole("reasoning_tokens") is { } reasoning
            && usage.Whole("completion_tokens") is { } completion && usage.Whole("total_tokens") == usage.Whole("prompt_tokens") + completion + reasoning)
        {
            usage["completion_tokens"] = completion + reasoning;
        }
    }
}
