using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Cohere (spec/providers-own-shape.md §2): chat of the second version; MLflow's first version, and generate, for the models of its time or by choice.</summary>
public static class Cohere
{
    private const string Key = "cohere_api_key", Base = "cohere_api_base", Version = "cohere_api_version", DefaultBase = "https://api.cohere.com";

    // The models of generate's time; all later ones know chat only.
    private static readonly string[] FirstModels = ["command", "command-light", "command-nightly", "command-light-nightly", "command-xlarge", "command-medium"];

    /// <summary>The provider <c>cohere</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "cohere",
        DisplayName = "Cohere",
        Config = new([
            Field.Key(Key, "The Cohere API key."),
            new(Version, "Which version of the API serves the model: 'v1' (chat, generate, embed; MLflow's shape) or 'v2' (chat, embed); without it 'v1' for chat and completions of the first Command models, else 'v2'.")
            {
                Values = ["v1", "v2"],
            },
            Field.BaseAddress(Base, DefaultBase) with { Meaning = "The base address, with or without its version segment." },
        ]),
        BaseAddress = call => WithoutVersion((call.Text(Base) ?? DefaultBase).TrimEnd('/')),
        Credential = _ => new Credential.Bearer(Key),
        OwnHosts = ["api.cohere.com", "api.cohere.ai"],
        // 498 is Cohere's word for a key that is not valid.
        Error = error => error.Status == 498 ? error with { Status = 401 } : error.Status == 499 ? error with { Status = 502 } : error,
        Chat = new()
        {
            Path = call => IsFirst(call) ? "/v1/chat" : "/v2/chat",
            Request = (request, call) => IsFirst(call)
                ? CohereFirstChat.Request(ChatShape.Request(request), call)
                : CohereShape.Request(ChatShape.Request(request), call),
            Response = (answer, call) => IsFirst(call) ? CohereFirstChat.Answer(answer, call) : CohereShape.Answer(answer, call),
            Stream = (events, call) => IsFirst(call) ? CohereFirstChat.Stream(events, call) : CohereStream.Read(events, call),
            Framing = FramingOf,
        },
        Completions = new()
        {
            Path = call => IsFirst(call) ? "/v1/generate" : "/v2/chat",
            Request = (request, call) =>
            {
                if (!IsFirst(call))
                {
                    return CohereShape.Request(CompletionShape.AsChat(request.DropNulls()), call);
                }

                request = GenerateShape.Request(CompletionShape.Request(request));
                request["model"] = call.Model;
                return request;
            },
            Response = (answer, call) => IsFirst(call) ? GenerateShape.Answer(answer, call) : CompletionShape.Answer(CohereShape.Answer(answer, call), call),
            Stream = (events, call) => IsFirst(call) ? GenerateShape.Stream(events, call) : CompletionShape.Stream(CohereStream.Read(events, call), call),
            Framing = FramingOf,
        },
        Embeddings = new()
        {
            Path = call => EmbedsFirst(call) ? "/v1/embed" : "/v2/embed",
            MostInputs = static _ => 96,
            Request = (request, call) => EmbedShape.Request(request, call, isSecond: !EmbedsFirst(call)),
            Response = EmbedShape.Answer,
        },
        Native = new Dictionary<NativeApi, NativeOperation>
        {
            [NativeApi.CohereChat] = new(_ => "/v2/chat"),
            [NativeApi.CohereEmbed] = new(_ => "/v2/embed"),
            [NativeApi.CohereRerank] = new(_ => "/v2/rerank"),
        },
    };

    private static bool EmbedsFirst(ProviderCall call) => call.Text(Version)?.Equals("v1", StringComparison.OrdinalIgnoreCase) == true;

    private static bool IsFirst(ProviderCall call) => call.Text(Version) is { } version
        ? version.Equals("v1", StringComparison.OrdinalIgnoreCase)
        : FirstModels.Contains(call.Model, StringComparer.OrdinalIgnoreCase);

    private static Framing FramingOf(ProviderCall call) => IsFirst(call) ? Framing.JsonLines : Framing.ServerSentEvents;

    private static string WithoutVersion(string address) =>
        address.EndsWith("/v1", StringComparison.OrdinalIgnoreCase) || address.EndsWith("/v2", StringComparison.OrdinalIgnoreCase) ? address[..^3] : address;
}
