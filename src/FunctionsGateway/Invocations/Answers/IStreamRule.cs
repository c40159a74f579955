using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>What the relay does with an event.</summary>
internal enum EventVerdict
{
    /// <summary>It goes to the client as it came.</summary>
    Forward,

    /// <summary>The client does not see it.</summary>
    Drop,

    /// <summary>It ends the stream, complete; the client does not see it.</summary>
    End,

    /// <summary>It goes to the client as it came and ends the stream, complete.</summary>
    Last,

    /// <summary>It goes to the client as it came and ends the stream: it says in the dialect's own words that the answer failed.</summary>
    Failed,
}

/// <summary>Reads the events of a native stream as they pass: is one an error, or the end; and is the answer complete.</summary>
internal interface IStreamRule
{
    /// <summary>Whether the stream may end here without a word more.</summary>
    bool IsComplete { get; }

    /// <summary>The number of the next event, in an API that numbers them.</summary>
    long NextNumber => 0;

    /// <summary>Judges one event.</summary>
    /// <exception cref="ProviderStreamException">The provider reports an error.</exception>
    /// <exception cref="MalformedAnswerException">The event is not JSON.</exception>
    EventVerdict Judge(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data);
}

/// <summary>The rules of the APIs.</summary>
internal static class StreamRules
{
    /// <summary>A new rule for one stream of <paramref name="api"/>.</summary>
    /// <param name="api">The API that the provider speaks.</param>
    /// <param name="showsUsage">Whether the client asked for the usage chunk, where the API has one.</param>
    /// <param name="showsDone">Whether the client sees the provider's own <c>[DONE]</c>.</param>
    /// <param name="choices">How many answers were asked for.</param>
    public static IStreamRule For(NativeApi api, bool showsUsage, bool showsDone, int choices = 1) => api switch
    {
        NativeApi.AnthropicMessages => new TypedStreamRule("message_stop"),
        NativeApi.OpenAIResponses => new TypedStreamRule("response.completed", "response.incomplete") { Failure = "response.failed" },
        // Behind the last event of Cohere's own comes a [DONE] from some of its hosts.
        NativeApi.CohereChat => new TypedStreamRule("message-end") { EndsWithReason = true },
        NativeApi.GeminiGenerateContent => new ChoiceStreamRule(ChoiceWords.Gemini, showsUsage: true, showsDone),
        // Mistral tells the usage beside the last choice, and nobody asks for it.
        NativeApi.MistralChat or NativeApi.MistralFim => new ChoiceStreamRule(ChoiceWords.OpenAI, showsUsage: true, showsDone, choices),
        _ => new ChoiceStreamRule(ChoiceWords.OpenAI, showsUsage, showsDone, choices),
    };

    /// <summary>What the error in <paramref name="data"/> says.</summary>
    public static ProviderStreamException Error(ReadOnlySpan<byte> data)
    {
        var error = UpstreamError.Read(0, null, data);
        return new ProviderStreamException(error.Message, error.Type, error.Code, error.Status is >= 400 and <= 599 ? error.Status : 502);
    }
}
