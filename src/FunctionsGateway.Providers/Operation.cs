using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>One operation of a provider: where it is served, and the two translations.</summary>
public sealed record Operation
{
    /// <summary>The path (and query) below the base address, beginning with a slash; may depend on <see cref="ProviderCall.Stream"/>.</summary>
    public required Func<ProviderCall, string> Path { get; init; }

    /// <summary>The path, where it depends on the body too (Gemini embeds one text at one address, several at another); read through <see cref="PathOf"/>.</summary>
    public Func<JsonObject, ProviderCall, string>? PathFor { get; init; }

    /// <summary>From the unified request to the provider's body. The object belongs to the callee and may be changed in place; unknown members survive.</summary>
    /// <exception cref="TranslationException">The provider cannot serve this request.</exception>
    public required Func<JsonObject, ProviderCall, JsonObject> Request { get; init; }

    /// <summary>From the provider's answer to the unified one.</summary>
    /// <exception cref="MalformedAnswerException">The answer lacks what makes it an answer.</exception>
    /// <exception cref="ProviderStreamException">The answer, sent with status 200, is an error.</exception>
    public required Func<JsonObject, ProviderCall, JsonObject> Response { get; init; }

    /// <summary>From the provider's events to unified chunks; <see langword="null"/> when the provider cannot stream this operation.</summary>
    /// <remarks>Ends normally only when the provider has said that the answer is complete. Otherwise it throws: an error event is a
    /// <see cref="ProviderStreamException"/>, an end before the end a <see cref="MalformedAnswerException"/>.
    /// Token usage, when the provider reports it, comes in a last chunk of its own with an empty <c>choices</c>, or beside choices where the provider does so.</remarks>
    public Func<IAsyncEnumerable<SseItem<string>>, ProviderCall, IAsyncEnumerable<JsonObject>>? Stream { get; init; }

    /// <summary>What to send instead, once, after the provider refused a request: from its error and the body sent (may be changed in place) to a mended body;
    /// null when nothing can be mended. Null where the provider has no such refusals.</summary>
    public Func<UpstreamError, JsonObject, JsonObject?>? Mend { get; init; }

    /// <summary>The headers of an answer that <see cref="Response"/> and <see cref="Stream"/> read, in lower case, where the body does not hold all
    /// (Bedrock counts tokens there); they come as <see cref="ProviderCall.AnswerHeaders"/>.</summary>
    public IReadOnlyList<string> AnswerHeaders { get; init; } = [];

    /// <summary>How the provider frames a stream.</summary>
    public Func<ProviderCall, Framing> Framing { get; init; } = static _ => Providers.Framing.ServerSentEvents;

    /// <summary>How many texts the provider embeds in one call; null where there is no such limit. A longer <c>input</c> takes several calls,
    /// whose answers <see cref="EmbeddingAnswers.Join"/> puts together.</summary>
    public Func<ProviderCall, int>? MostInputs { get; init; }

    /// <summary>The path (and query) of a call with the provider's <paramref name="body"/>.</summary>
    public string PathOf(ProviderCall call, JsonObject body) => PathFor?.Invoke(body, call) ?? Path(call);
}

/// <summary>How the events of a stream are told apart on the wire.</summary>
public enum Framing
{
    /// <summary>Server-sent events (<c>text/event-stream</c>).</summary>
    ServerSentEvents,

    /// <summary>One JSON value a line.</summary>
    JsonLines,

    /// <summary>AWS binary event-stream frames.</summary>
    AwsEventStream,
}
