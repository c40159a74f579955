using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>An API of a provider's own, spoken by its SDKs, that is forwarded byte for byte.</summary>
public enum NativeApi
{
    /// <summary>OpenAI <c>POST /chat/completions</c>.</summary>
    OpenAIChat,

    /// <summary>OpenAI <c>POST /completions</c> (legacy).</summary>
    OpenAICompletions,

    /// <summary>OpenAI <c>POST /embeddings</c>.</summary>
    OpenAIEmbeddings,

    /// <summary>OpenAI <c>POST /responses</c>.</summary>
    OpenAIResponses,

    /// <summary>OpenAI <c>POST /responses/compact</c>.</summary>
    OpenAICompact,

    /// <summary>Anthropic <c>POST /v1/messages</c>.</summary>
    AnthropicMessages,

    /// <summary>Anthropic <c>POST /v1/messages/count_tokens</c>.</summary>
    AnthropicCountTokens,

    /// <summary>Gemini <c>models/{model}:generateContent</c> and <c>:streamGenerateContent</c>.</summary>
    GeminiGenerateContent,

    /// <summary>Gemini <c>models/{model}:embedContent</c>.</summary>
    GeminiEmbedContent,

    /// <summary>Gemini <c>models/{model}:batchEmbedContents</c>.</summary>
    GeminiBatchEmbedContents,

    /// <summary>Gemini <c>models/{model}:countTokens</c>.</summary>
    GeminiCountTokens,

    /// <summary>Cohere <c>POST /v2/chat</c>.</summary>
    CohereChat,

    /// <summary>Cohere <c>POST /v2/embed</c>.</summary>
    CohereEmbed,

    /// <summary>Cohere <c>POST /v2/rerank</c>.</summary>
    CohereRerank,

    /// <summary>Mistral <c>POST /v1/chat/completions</c>.</summary>
    MistralChat,

    /// <summary>Mistral <c>POST /v1/embeddings</c>.</summary>
    MistralEmbeddings,

    /// <summary>Mistral <c>POST /v1/fim/completions</c>.</summary>
    MistralFim,
}

/// <summary>Where a provider serves a native API, and what must be changed in the client's body on the way.</summary>
/// <param name="Path">The path (and query) below the base address, beginning with a slash.</param>
public sealed record NativeOperation(Func<ProviderCall, string> Path)
{
    /// <summary>Whether the body's <c>model</c> becomes the configured model (else it is removed, because the address names the model).</summary>
    public bool ModelInBody { get; init; } = true;

    /// <summary>What the body's <c>model</c> becomes, null to remove it, where
    /// <see cref="ModelInBody"/> cannot say it; read through <see cref="ModelFor"/>.</summary>
    public Func<ProviderCall, string?>? Model { get; init; }

    /// <summary>What the body's <c>model</c> becomes for a call; null when it is to be removed.</summary>
    public string? ModelFor(ProviderCall call) => Model is { } model ? model(call) : ModelInBody ? call.Model : null;

    /// <summary>The member that holds further requests, one or a list, each of which names the model again; null where there is none.</summary>
    public string? InnerRequests { get; init; }

    /// <summary>What the <c>model</c> of an inner request becomes; where it is left out it stays so.</summary>
    public Func<ProviderCall, string> InnerModel { get; init; } = static call => call.Model;

    /// <summary>Whether the target serves the API for this model, where that depends on it (Vertex AI).</summary>
    public Func<ProviderCall, bool> IsOffered { get; init; } = static _ => true;

    /// <summary>Members that the body gets, where it lacks them.</summary>
    public IReadOnlyDictionary<string, string> Members { get; init; } = new Dictionary<string, string>();

    /// <summary>What a client's header becomes on the way, given its lower-case name and its value: null to leave it out. Null where all pass as they are.</summary>
    public Func<ProviderCall, string, string, string?>? Header { get; init; }

    /// <summary>Whether upstream takes <c>stream_options.include_usage</c>; where false, nothing is injected and the member is removed when <see cref="RefusesStreamOptions"/>.</summary>
    public Func<ProviderCall, bool> TakesIncludeUsage { get; init; } = static _ => false;

    /// <summary>Members of an assistant's message that upstream refuses, because the gateway or another provider wrote them: where the API is also a unified surface,
    /// a request that holds one is translated, which takes them out; a request to the API's own surface goes as it is.</summary>
    public IReadOnlyList<string> NotForwarded { get; init; } = [];

    /// <summary>Whether upstream answers an error when <c>stream_options</c> is present (Mistral).</summary>
    public bool RefusesStreamOptions { get; init; }
}
