using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>MosaicML (spec/providers-openai-family.md §11). The service is closed and has no successor of this shape; it is spoken to emulators.</summary>
public static class MosaicML
{
    private const string Key = "mosaicml_api_key", Base = "mosaicml_api_base", DefaultBase = "https://models.hosted-on.mosaicml.hosting";

    /// <summary>The provider <c>mosaicml</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "mosaicml",
        DisplayName = "MosaicML",
        FirstTemperature = 1,
        Config = new([Field.Key(Key, "The MosaicML API key."), Field.BaseAddress(Base, DefaultBase) with { Meaning = "The base address." }]),
        BaseAddress = call => (call.Text(Base) ?? DefaultBase).TrimEnd('/'),
        // The key alone, without 'Bearer'.
        Credential = _ => new Credential.Header("Authorization", Key),
        OwnHosts = ["models.hosted-on.mosaicml.hosting", ".mosaicml.hosting"],
        Error = Limits,
        ModelFault = (model, type) => type is "llm/v1/chat" && model?.StartsWith("llama2", StringComparison.OrdinalIgnoreCase) != true
            ? $"An invalid model has been specified for the chat route. '{model}'. Ensure the model selected starts with one of: ['llama2']"
            : null,
        Chat = new()
        {
            Path = Predict,
            Request = (request, _) => Inputs(ChatShape.Request(request), Prompt(request)),
            Response = (answer, call) => Kept(answer, ChatAnswer(Texts(answer), call)),
        },
        Completions = new()
        {
            Path = Predict,
            Request = (request, _) => Inputs(CompletionShape.Request(request), request.Take("prompt")),
            Response = (answer, call) => Kept(answer, CompletionShape.NewAnswer(call, Texts(answer))),
        },
        Embeddings = new()
        {
            Path = Predict,
            Request = (request, _) =>
            {
                ChatShape.RefuseNative(request.DropNulls(), [("input", "inputs")]);
                var texts = EmbeddingShape.TakeTexts(request);
                request.Drop("model", "encoding_format", "user");
                request["inputs"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);
                return request;
            },
            Response = (answer, call) => Kept(answer, EmbeddingShape.NewAnswer(call, Outputs(answer).Select(EmbeddingShape.Vector))),
        },
    };

    private static string Predict(ProviderCall call) => $"/{Uri.EscapeDataString(call.Model)}/v1/predict";

    private static JsonObject Inputs(JsonObject request, JsonNode? prompt)
    {
        ChatShape.RefuseNative(request, [("max_tokens", "max_new_tokens")]);
        request.Rename("max_completion_tokens", "max_tokens");
        request.Rename("max_tokens", "max_new_tokens");
        request.Drop("model", "stream", "user");
        ChatShape.DropOwn(request);
        return new() { ["inputs"] = new JsonArray(prompt), ["parameters"] = request };
    }

    // Llama 2's own form, which MLflow writes.
    private static JsonNode Prompt(JsonObject request)
    {
        if (request.Array("tools") is { Count: > 0 })
        {
            throw new TranslationException("Tools are not supported for MosaicML chat.");
        }

        request.Drop("tools", "tool_choice");
        var prompt = "<s>";
        foreach (var message in (request.Take("messages") as JsonArray ?? []).Select(node => node as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.")))
        {
            var text = Head.TextAlone(message["content"], "MosaicML chat");
            prompt = message.Text("role") switch
            {
                "system" or "developer" => Instruction(prompt, $"<<SYS>> {text} <</SYS>>"),
                "user" => Instruction(prompt, text),
                "assistant" => $"{prompt} {text} </s><s>",
                var role => throw new TranslationException(
                    $"An invalid request structure was submitted. Invalid role {role} inputted. Must be one of 'system', 'user', or 'assistant'."),
            };
        }

        return prompt.EndsWith("</s><s>", StringComparison.Ordinal) ? prompt[..^"</s><s>".Length] : prompt;
    }

    private static string Instruction(string prompt, string text) =>
        (prompt.EndsWith("[/INST]", StringComparison.Ordinal) ? prompt[..^"[/INST]".Length] : $"{prompt}[INST] ") + text + " [/INST]";

    // Limits of the model come as the server's own failure, but the caller can mend them.
    private static UpstreamError Limits(UpstreamError error) => error.Status == 500
        && (error.Message.StartsWith("Error: max output tokens is limited to", StringComparison.Ordinal) || error.Message.StartsWith("Error: prompt token count", StringComparison.Ordinal))
            ? error with { Status = 422 }
            : error;

    private static JsonObject Kept(JsonObject answer, JsonObject unified)
    {
        Head.KeepRest(answer, unified, "outputs");
        return unified;
    }

    private static JsonArray Outputs(JsonObject answer)
    {
        UpstreamError.ThrowIfError(answer);
        return answer.Array("outputs") is { Count: > 0 } outputs ? outputs : throw new MalformedAnswerException("The provider's answer has no 'outputs'.");
    }

    private static IEnumerable<string> Texts(JsonObject answer) =>
        Outputs(answer).Select(output => output.Text() ?? throw new MalformedAnswerException("The provider's 'outputs' are not all strings."));

    private static JsonObject ChatAnswer(IEnumerable<string> texts, ProviderCall call)
    {
        var choices = texts.Select(text => (JsonNode)new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text } });
        var answer = ChatShape.Answer(new() { ["choices"] = new JsonArray([.. choices]) }, call);
        answer["id"] = null;
        return answer;
    }
}
