using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>How one provider of OpenAI's shape differs from OpenAI; the operations follow from it (spec/providers-openai-family.md §4).</summary>
internal sealed record OpenAIDialect
{
    private const string ChatPath = "/chat/completions";

    /// <summary>The body's <c>model</c>; null where the address names the model.</summary>
    public Func<ProviderCall, string?> Model { get; init; } = static call => call.Model;

    /// <summary>Where an operation's path lies below the base address.</summary>
    public Func<ProviderCall, string, string> Path { get; init; } = static (_, path) => path;

    /// <summary>Whether the provider knows <c>stream_options.include_usage</c>.</summary>
    public Func<ProviderCall, bool> TakesIncludeUsage { get; init; } = static _ => true;

    /// <summary>Whether text completions are asked of the chat API, the prompt being one user message.</summary>
    public Func<ProviderCall, bool> CompletesByChat { get; init; } = static _ => true;

    /// <summary>What else is changed in a chat or completions request.</summary>
    public Action<JsonObject, ProviderCall>? Request { get; init; }

    /// <summary>What is changed in an answer or chunk before it takes the unified shape.</summary>
    public Action<JsonObject>? Answer { get; init; }

    /// <summary>How content in parts is made text, and text parts again; null where content is text.</summary>
    public Func<ContentParts>? Parts { get; init; }

    /// <summary>Which members of <see cref="AssistantMembers.Beside"/> the provider takes in the messages of a request; all others are taken out.</summary>
    public Func<JsonObject, IEnumerable<string>> TakesBack { get; init; } = static _ => [];

    /// <summary>Which of OpenAI's own members of an assistant's message the provider refuses.</summary>
    public IReadOnlyList<string> Refuses { get; init; } = [];

    /// <summary>Members of an assistant's message with which a request is translated where its bytes would be forwarded otherwise.</summary>
    public IReadOnlyList<string> NotForwarded => [.. RefusedIn([])];

    /// <summary>Whether <c>stream_options</c> is refused upstream, so that it must be taken out.</summary>
    public bool RefusesStreamOptions { get; init; }

    public Operation Chat => new()
    {
        Path = call => Path(call, ChatPath),
        Request = (request, call) => Send(ChatShape.Request(request), call),
        Response = (answer, call) => ChatShape.Answer(Adapted(answer, Parts?.Invoke()), call),
        Stream = (events, call) => Adapted(events, call, ChatShape.Chunk),
        Mend = Remedy.For,
    };

    public Operation Completions => new()
    {
        Path = call => Path(call, CompletesByChat(call) ? ChatPath : "/completions"),
        Request = (request, call) => Send(CompletesByChat(call) ? CompletionShape.AsChat(request.DropNulls()) : CompletionShape.Request(request), call),
        Response = (answer, call) => CompletionShape.Answer(Adapted(answer, Parts?.Invoke()), call),
        Stream = (events, call) => Adapted(events, call, CompletionShape.Chunk),
        Mend = Remedy.For,
    };

    public Operation Embeddings => new()
    {
        Path = call => Path(call, "/embeddings"),
        Request = (request, call) => Addressed(request.DropNulls(), call),
        Response = EmbeddingShape.Answer,
    };

    /// <summary>Where the provider serves OpenAI's own APIs.</summary>
    public Dictionary<NativeApi, NativeOperation> Native(params IEnumerable<NativeApi> apis) => apis.ToDictionary(api => api, api => api switch
    {
        NativeApi.OpenAIChat => Forwarded(ChatPath) with { TakesIncludeUsage = TakesIncludeUsage, RefusesStreamOptions = RefusesStreamOptions, NotForwarded = NotForwarded },
        NativeApi.OpenAICompletions => Forwarded("/completions") with { TakesIncludeUsage = TakesIncludeUsage, RefusesStreamOptions = RefusesStreamOptions },
        NativeApi.OpenAIEmbeddings => Forwarded("/embeddings"),
        NativeApi.OpenAIResponses => Forwarded("/responses"),
        NativeApi.OpenAICompact => Forwarded("/responses/compact"),
        _ => throw new ArgumentOutOfRangeException(nameof(apis), api, "Not one of OpenAI's APIs."),
    });

    private NativeOperation Forwarded(string path) => new(call => Path(call, path)) { Model = Model };

    private JsonObject Send(JsonObject request, ProviderCall call)
    {
        if (RefusesStreamOptions)
        {
            request.Remove("stream_options");
        }
        else if (call.Stream && TakesIncludeUsage(call))
        {
            request.Within("stream_options").Ensure("include_usage", true);
        }

        Parts?.Invoke().Restore(request);
        AssistantMembers.Drop(request, RefusedIn(request));
        Request?.Invoke(request, call);
        return Addressed(request, call);
    }

    private JsonObject Addressed(JsonObject request, ProviderCall call)
    {
        request.Remove("model");
        if (Model(call) is { } model)
        {
            request.Insert(0, "model", model);
        }

        return request;
    }

    private IEnumerable<string> RefusedIn(JsonObject request) => AssistantMembers.Beside.Except(TakesBack(request)).Concat(Refuses);

    private IAsyncEnumerable<JsonObject> Adapted(IAsyncEnumerable<SseItem<string>> events, ProviderCall call, Func<JsonObject, ProviderCall, JsonObject?> unified)
    {
        var parts = Parts?.Invoke();
        return Events.UntilDone(events, chunk => unified(Adapted(chunk, parts), call), call.Choices);
    }

    private JsonObject Adapted(JsonObject answer, ContentParts? parts)
    {
        Answer?.Invoke(answer);
        parts?.Flatten(answer);
        return answer;
    }
}
