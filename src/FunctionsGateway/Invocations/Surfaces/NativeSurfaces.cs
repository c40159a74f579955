using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using static FunctionsGateway.Providers.NativeApi;

namespace FunctionsGateway.Invocations.Surfaces;

/// <summary>A native API as the gateway offers it.</summary>
/// <param name="Api">The API.</param>
/// <param name="ProviderPath">What MLflow's texts call the provider's path.</param>
/// <param name="Summary">For the documentation.</param>
/// <param name="Paths">Its paths, MLflow's own first.</param>
internal sealed record NativeSurface(NativeApi Api, string ProviderPath, string Summary, params string[] Paths)
{
    /// <summary>How calls are put.</summary>
    public Surface Surface { get; init; } = Surface.Native(Api);

    /// <summary>The path in MLflow's texts.</summary>
    public string Shown => Paths[0].Replace("{name}", "{endpoint_name}", StringComparison.Ordinal);
}

/// <summary>Every native API that is offered, under MLflow's paths and under the base addresses that the provider's own clients take.</summary>
internal static class NativeSurfaces
{
    private const string Models = "/gemini/v1beta/models/{name}";

    /// <summary>The surfaces.</summary>
    public static IReadOnlyList<NativeSurface> All { get; } =
    [
        new(OpenAIChat, "chat/completions", "OpenAI's chat completions, forwarded as they are.", "/gateway/openai/v1/chat/completions") { Surface = Surface.Native(OpenAIChat, streams: null) },
        new(OpenAIEmbeddings, "embeddings", "OpenAI's embeddings, forwarded as they are.", "/gateway/openai/v1/embeddings"),
        new(OpenAIResponses, "responses", "OpenAI's responses, forwarded as they are.", "/gateway/openai/v1/responses", "/v1/responses", "/openai/v1/responses") { Surface = Surface.Native(OpenAIResponses, streams: null) },
        new(OpenAICompact, "responses/compact", "Compacts a conversation as OpenAI's responses do.", "/gateway/openai/v1/responses/compact", "/v1/responses/compact", "/openai/v1/responses/compact"),
        new(AnthropicMessages, "messages", "Anthropic's messages, forwarded as they are.", "/gateway/anthropic/v1/messages", "/anthropic/v1/messages") { Surface = Surface.Native(AnthropicMessages, streams: null) },
        new(AnthropicCountTokens, "messages/count_tokens", "Counts the tokens of a message.", "/gateway/anthropic/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens"),
        InPath(GeminiGenerateContent, "generateContent", "Gemini's answers, forwarded as they are."),
        InPath(GeminiGenerateContent, "streamGenerateContent", "Gemini's answers as a stream.", streams: true),
        InPath(GeminiEmbedContent, "embedContent", "Gemini's embedding of one text."),
        InPath(GeminiBatchEmbedContents, "batchEmbedContents", "Gemini's embeddings of several texts."),
        InPath(GeminiCountTokens, "countTokens", "Counts the tokens of a request to Gemini."),
        Own(CohereChat, "/cohere/v2/chat", "Cohere's chat, forwarded as it is.", streams: null),
        Own(CohereEmbed, "/cohere/v2/embed", "Cohere's embeddings, forwarded as they are."),
        Own(CohereRerank, "/cohere/v2/rerank", "Cohere's ranking, forwarded as it is."),
        Own(MistralChat, "/mistral/v1/chat/completions", "Mistral's chat, forwarded as it is.", streams: null),
        Own(MistralEmbeddings, "/mistral/v1/embeddings", "Mistral's embeddings, forwarded as they are."),
        Own(MistralFim, "/mistral/v1/fim/completions", "Mistral's code between two pieces, forwarded as it is.", streams: null),
    ];

    /// <summary>The refusal, in MLflow's words, of a call that <paramref name="provider"/> does not serve natively.</summary>
    public static GatewayException Refusal(Surface surface, Provider provider)
    {
        var asked = All.First(native => native.Surface == surface).Shown;
        if (asked.StartsWith("/gateway", StringComparison.Ordinal))
        {
            asked = asked["/gateway".Length..];
        }

        var served = All.Where(native => provider.Native.ContainsKey(native.Api))
            .Select(native => $"{native.Shown} (provider_path: {native.ProviderPath})").ToArray();
        return served.Length == 0
            ? new GatewayException(501, $"The passthrough route '{asked}' is not implemented for {provider.DisplayName} models.")
            : new GatewayException(400, $"Unsupported passthrough endpoint '{asked}' for {provider.DisplayName} provider. Supported endpoints: {string.Join(", ", served)}");
    }

    private static NativeSurface InPath(NativeApi api, string action, string summary, bool streams = false) =>
        new(api, $"{{model}}:{action}", summary, $"/gateway{Models}:{action}", $"{Models}:{action}") { Surface = Surface.Native(api, streams, modelNamesRoute: false) };

    // MLflow has no such path; only the provider's own clients know them.
    private static NativeSurface Own(NativeApi api, string path, string summary, bool? streams = false) =>
        new(api, path[(path.IndexOf('/', 1) + 4)..], summary, path) { Surface = Surface.Native(api, streams) };
}
