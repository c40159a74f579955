using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Google's Gemini API (spec/providers-own-shape.md §5): chat and completions by generateContent, embeddings by embedContent or batchEmbedContents.</summary>
public static class Gemini
{
    private const string Key = "gemini_api_key", Base = "gemini_api_base";

    internal const string Host = "https://generativelanguage.googleapis.com", Version = "/v1beta";

    // What the API takes in one batch.
    private const int MostTexts = 100;

    /// <summary>The provider <c>gemini</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "gemini",
        DisplayName = "Gemini",
        Config = new([
            Field.Key(Key, "The Gemini API key."),
            Field.BaseAddress(Base, Host + Version) with { Meaning = "The base address, with or without '/v1beta' and '/models'." },
        ]),
        BaseAddress = call => Models(call.Text(Base) ?? Host, Version),
        Credential = _ => new Credential.Header("x-goog-api-key", Key),
        OwnHosts = ["generativelanguage.googleapis.com"],
        Chat = Chat,
        Completions = Completions,
        Embeddings = Embeddings,
        Native = new Dictionary<NativeApi, NativeOperation>
        {
            [NativeApi.GeminiGenerateContent] = new(Generate) { ModelInBody = false },
            [NativeApi.GeminiEmbedContent] = new(call => Path(call, "embedContent")) { ModelInBody = false },
            [NativeApi.GeminiBatchEmbedContents] = new(call => Path(call, "batchEmbedContents")) { ModelInBody = false, InnerRequests = "requests", InnerModel = ModelName },
            [NativeApi.GeminiCountTokens] = new(call => Path(call, "countTokens")) { ModelInBody = false, InnerRequests = "generateContentRequest", InnerModel = ModelName },
        },
    };

    internal static Operation Chat => new()
    {
        Path = Generate,
        Request = (request, call) => GeminiShape.Request(ChatShape.Request(request), call),
        Response = GeminiShape.Answer,
        Stream = (events, call) => GeminiStream.Read(events, call),
    };

    internal static Operation Completions => new()
    {
        Path = Generate,
        Request = (request, call) => GeminiShape.Completion(request.DropNulls(), call),
        Response = (answer, call) => CompletionShape.Answer(GeminiShape.Answer(answer, call), call),
        Stream = (events, call) => CompletionShape.Stream(GeminiStream.Read(events, call), call),
    };

    internal static Operation Embeddings => new()
    {
        Path = call => Path(call, "embedContent"),
        PathFor = (body, call) => Path(call, body.ContainsKey("requests") ? "batchEmbedContents" : "embedContent"),
        MostInputs = static _ => MostTexts,
        Request = Embed,
        Response = Embedded,
    };

    /// <summary>The address of the models: as given, with the version and the collection where they are missing (spec/decisions.md D12).</summary>
    internal static string Models(string address, string version)
    {
        address = address.TrimEnd('/');
        if (address.EndsWith("/models", StringComparison.OrdinalIgnoreCase))
        {
            return address;
        }

        return address.Split('/').Any(IsVersion) ? address + "/models" : $"{address}{version}/models";
    }

    // 'v1', 'v1beta', 'v1beta3', 'v1alpha'; but not 'v1proxy'.
    private static bool IsVersion(string segment) => segment.StartsWith("v1", StringComparison.OrdinalIgnoreCase)
        && segment[2..].TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').ToLowerInvariant() is "" or "alpha" or "beta";

    /// <summary>Where generateContent is.</summary>
    internal static string Generate(ProviderCall call) => Path(call, call.Stream ? "streamGenerateContent?alt=sse" : "generateContent");

    internal static string Path(ProviderCall call, string action) => $"/{Uri.EscapeDataString(call.Model)}:{action}";

    internal static JsonObject Embed(JsonObject request, ProviderCall call)
    {
        var texts = EmbeddingShape.TakeTexts(request.DropNulls());
        request.Drop("encoding_format", "user", "model");
        request.Rename("dimensions", "outputDimensionality");
        if (texts.Count == 1)
        {
            request["content"] = Content(texts[0]);
            return request;
        }

        return new()
        {
            ["requests"] = new JsonArray([.. texts.Select(text =>
            {
                var one = (JsonObject)request.DeepClone();
                one["model"] = ModelName(call);
                one["content"] = Content(text);
                return one;
            })]),
        };
    }

    // https://ai.google.dev/api/embeddings#EmbedContentRequest: "Format: models/{model}".
    private static string ModelName(ProviderCall call) => "models/" + call.Model;

    private static JsonObject Content(string text) => new() { ["parts"] = new JsonArray(new JsonObject { ["text"] = text }) };

    // Models of today count (ai.google.dev, "EmbedContentResponse").
    private static JsonObject Embedded(JsonObject answer, ProviderCall call)
    {
        var unified = EmbeddingShape.NewAnswer(call, Vectors(answer), answer.Object("usageMetadata")?.Whole("promptTokenCount"));
        Head.KeepRest(answer, unified, "embedding", "embeddings");
        return unified;
    }

    private static IEnumerable<JsonNode> Vectors(JsonObject answer)
    {
        UpstreamError.ThrowIfError(answer);
        return answer.Array("embeddings") is { Count: > 0 } several ? Head.Objects(several).Select(one => EmbeddingShape.Vector(one["values"]))
            : answer.Object("embedding") is { } single ? [EmbeddingShape.Vector(single["values"])]
            : throw new MalformedAnswerException("The provider's answer has no 'embeddings'.");
    }
}
