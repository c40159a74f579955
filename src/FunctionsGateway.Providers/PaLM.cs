using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Google PaLM (spec/providers-own-shape.md §4). Its API is shut down; it is spoken to emulators, for the models of its time or by choice.
/// For every other model the provider is Gemini under PaLM's configuration.</summary>
public static class PaLM
{
    private const string Key = "palm_api_key", Base = "palm_api_base", Api = "palm_api", Version = "/v1beta3";

    private static readonly string[] OldModels = ["bison", "gecko", "unicorn"];

    private static readonly (string Unified, string Native)[] Names =
        [("stop", "stopSequences"), ("n", "candidateCount"), ("max_tokens", "maxOutputTokens"), ("top_p", "topP"), ("top_k", "topK")];

    /// <summary>The provider <c>palm</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "palm",
        DisplayName = "PaLM",
        Config = new([
            Field.Key(Key, "The Google API key."),
            new(Api, "Which API serves the model: 'palm' (generateText, generateMessage; shut down upstream) or 'gemini'; without it 'palm' for bison, gecko and unicorn models.")
            {
                Values = ["palm", "gemini"],
            },
            Field.BaseAddress(Base, Gemini.Host + Version) with { Meaning = "The base address, with or without its version segment and '/models'." },
        ]),
        BaseAddress = call => Gemini.Models(call.Text(Base) ?? Gemini.Host, IsOld(call) ? Version : Gemini.Version),
        Credential = _ => new Credential.Header("x-goog-api-key", Key),
        OwnHosts = ["generativelanguage.googleapis.com"],
        Chat = Either(Gemini.Chat, "generateMessage", "chat", Chat, ChatAnswer),
        Completions = Either(Gemini.Completions, "generateText", "completions", Text, TextAnswer),
        Embeddings = Either(Gemini.Embeddings, "batchEmbedText", "embeddings", Embed, Vectors) with
        {
            PathFor = (body, call) => IsOld(call) ? Gemini.Path(call, "batchEmbedText") : Gemini.Embeddings.PathOf(call, body),
        },
    };

    private static bool IsOld(ProviderCall call) => call.Text(Api) is { } api
        ? api.Equals("palm", StringComparison.OrdinalIgnoreCase)
        : OldModels.Any(name => call.Model.Contains(name, StringComparison.OrdinalIgnoreCase));

    private static Operation Either(
        Operation gemini, string action, string route, Func<JsonObject, JsonObject> request, Func<JsonObject, ProviderCall, JsonObject> response) => gemini with
        {
            Path = call => IsOld(call) ? Gemini.Path(call, action) : gemini.Path(call),
            Request = (body, call) => !IsOld(call) ? gemini.Request(body, call)
                : call.Stream ? throw new TranslationException($"The {route} streaming route is not implemented for PaLM models.", 501)
                : request(body.DropNulls()),
            Response = (answer, call) => IsOld(call) ? response(answer, call) : gemini.Response(answer, call),
        };

    private static JsonObject Common(JsonObject request)
    {
        ChatShape.RefuseNative(request, Names);
        ChatShape.Stop(request, "stop");
        ChatShape.ScaleTemperature(request, 0.5);
        foreach (var (unified, native) in Names)
        {
            request.Rename(unified, native);
        }

        request.Drop("stream", "model", "user");
        ChatShape.DropOwn(request);
        return request;
    }

    private static JsonObject Text(JsonObject request)
    {
        Common(CompletionShape.Request(request));
        request["prompt"] = new JsonObject { ["text"] = request.Take("prompt") };
        return request;
    }

    private static JsonObject Chat(JsonObject request)
    {
        ChatShape.Request(request);
        if (request.ContainsKey("max_tokens") || request.ContainsKey("max_completion_tokens") || request.ContainsKey("maxOutputTokens"))
        {
            throw new TranslationException("Max tokens is not supported for PaLM chat.");
        }

        if (request.Array("tools") is { Count: > 0 })
        {
            throw new TranslationException("Tools are not supported for PaLM chat.");
        }

        request.Drop("tools", "tool_choice");
        Common(request);
        var (messages, context) = (new JsonArray(), new List<string>());
        foreach (var message in (request.Take("messages") as JsonArray ?? []).Select(node => node as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.")))
        {
            var text = Head.TextAlone(message["content"], "PaLM chat");
            if (message.Text("role") is "system" or "developer")
            {
                context.Add(text);
            }
            else
            {
                messages.Add(new JsonObject { ["author"] = message.Text("role"), ["content"] = text });
            }
        }

        var prompt = new JsonObject { ["messages"] = messages };
        if (request.Take("examples") is { } examples)
        {
            prompt["examples"] = examples;
        }

        if ((request.Take("context").Text() is { } given ? context.Prepend(given) : context).ToArray() is { Length: > 0 } lines)
        {
            prompt["context"] = string.Join("\n", lines);
        }

        request["prompt"] = prompt;
        return request;
    }

    private static JsonObject Embed(JsonObject request)
    {
        ChatShape.RefuseNative(request, [("input", "texts")]);
        var texts = EmbeddingShape.TakeTexts(request);
        request.Drop("encoding_format", "user", "model", "dimensions");
        request["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);
        return request;
    }

    private static JsonObject TextAnswer(JsonObject answer, ProviderCall call) => IsFiltered(answer)
        ? Kept(answer, CompletionShape.NewAnswer(call, [""], "content_filter"))
        : Kept(answer, CompletionShape.NewAnswer(call, Candidates(answer).Select(candidate => candidate.Text("output") ?? "")), "output");

    private static JsonObject ChatAnswer(JsonObject answer, ProviderCall call)
    {
        var choices = IsFiltered(answer)
            ? [Choice("", "content_filter")]
            : Candidates(answer).Select(candidate => Choice(candidate.Text("content"), null));
        var unified = ChatShape.Answer(new() { ["choices"] = new JsonArray([.. choices.Select(choice => (JsonNode)choice)]) }, call);
        unified["id"] = null;
        return Kept(answer, unified, "author", "content");
    }

    // Ratings of safety, and sources, stand with their choice.
    private static JsonObject Kept(JsonObject answer, JsonObject unified, params string[] told)
    {
        foreach (var (candidate, choice) in (answer.Array("candidates") ?? []).OfType<JsonObject>().Zip((unified.Array("choices") ?? []).OfType<JsonObject>()))
        {
            Head.KeepRest(candidate, choice, told);
        }

        // The messages are but the request's.
        Head.KeepRest(answer, unified, "candidates", "embeddings", "messages");
        return unified;
    }

    private static JsonObject Choice(string? text, string? reason) => new()
    {
        ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text },
        ["finish_reason"] = reason,
    };

    // Then there are no candidates, but reasons.
    private static bool IsFiltered(JsonObject answer) => answer.Array("candidates") is null or { Count: 0 } && answer.Array("filters") is { Count: > 0 };

    private static IEnumerable<JsonObject> Candidates(JsonObject answer)
    {
        UpstreamError.ThrowIfError(answer);
        return answer.Array("candidates") is { Count: > 0 } candidates
            ? Head.Objects(candidates)
            : throw new MalformedAnswerException("The provider's answer has no 'candidates'.");
    }

    private static JsonObject Vectors(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        return answer.Array("embeddings") is { Count: > 0 } embeddings
            ? Kept(answer, EmbeddingShape.NewAnswer(call, Head.Objects(embeddings).Select(one => EmbeddingShape.Vector(one["value"]))))
            : throw new MalformedAnswerException("The provider's answer has no 'embeddings'.");
    }
}
