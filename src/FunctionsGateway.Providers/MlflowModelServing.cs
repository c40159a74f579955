using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>A server started by <c>mlflow models serve</c> (spec/providers-openai-family.md §9). It cannot stream.</summary>
public static class MlflowModelServing
{
    private const string Url = "model_server_url", ChatFormat = "mlflow_chat_format", Key = "model_server_api_key";

    /// <summary>The provider <c>mlflow-model-serving</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "mlflow-model-serving",
        DisplayName = "MLflow Model Serving",
        FirstTemperature = 1,
        Config = new([
            new(Url, "The address of the model server, without '/invocations'.") { IsRequired = true, IsBaseAddress = true, Aliases = ["api_base"] },
            new(ChatFormat, "How a chat is sent: 'inputs' (one message, its content as input) or 'messages' (all of them, for models of chat type).")
            {
                Default = "inputs",
                Values = ["inputs", "messages"],
            },
            Field.Key(Key, "A bearer token, for a server behind an authenticating proxy.") with { IsRequired = false },
        ]),
        BaseAddress = call => (call.Text(Url) ?? "").TrimEnd('/'),
        Credential = call => call.Config[Key] is null ? new Credential.None() : new Credential.Bearer(Key),
        Chat = new()
        {
            Path = _ => "/invocations",
            Request = Chat,
            Response = (answer, call) => answer.ContainsKey("predictions") ? Kept(answer, ChatAnswer(Texts(answer), call)) : ChatShape.Answer(answer, call),
        },
        Completions = new()
        {
            Path = _ => "/invocations",
            Request = (request, _) => Invocation(CompletionShape.Request(request), [request.Take("prompt")]),
            Response = (answer, call) => Kept(answer, CompletionShape.NewAnswer(call, Texts(answer))),
        },
        Embeddings = new()
        {
            Path = _ => "/invocations",
            Request = (request, _) => Invocation(request.DropNulls(), request.Take("input") is var input && input is JsonArray inputs ? inputs : [input]),
            Response = (answer, call) => Kept(answer, EmbeddingShape.NewAnswer(call, Vectors(answer))),
        },
    };

    private static JsonObject Chat(JsonObject request, ProviderCall call)
    {
        ChatShape.Request(request);
        AssistantMembers.Drop(request, AssistantMembers.Beside);
        if (call.Text(ChatFormat) is { } format && format.Equals("messages", StringComparison.OrdinalIgnoreCase))
        {
            return request;
        }

        var messages = request.Take("messages") as JsonArray ?? [];
        if (messages.Count != 1)
        {
            throw new TranslationException("MLflow chat models are only capable of processing a single query at a time. "
                + $"The request submitted consists of {messages.Count} queries.");
        }

        return Invocation(request, [(messages[0] as JsonObject)?.Take("content")]);
    }

    private static JsonObject Invocation(JsonObject rest, JsonArray inputs)
    {
        rest.Drop("stream", "stream_options");
        var invocation = new JsonObject { ["inputs"] = inputs };
        if (rest.Count > 0)
        {
            invocation["params"] = rest;
        }

        return invocation;
    }

    // What the server says beside its predictions.
    private static JsonObject Kept(JsonObject answer, JsonObject unified)
    {
        answer.Remove("predictions");
        answer.MoveTo(unified);
        return unified;
    }

    private static JsonObject ChatAnswer(IEnumerable<string> texts, ProviderCall call)
    {
        var choices = texts.Select(text => (JsonNode)new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text } });
        var answer = ChatShape.Answer(new() { ["choices"] = new JsonArray([.. choices]) }, call);
        answer["id"] = null;
        return answer;
    }

    private static IEnumerable<string> Texts(JsonObject answer)
    {
        var predictions = answer["predictions"] switch
        {
            JsonArray list => list,
            JsonObject { Count: 1 } only => only.First().Value as JsonArray,
            JsonObject dict => dict.Array("choices") ?? throw new MalformedAnswerException(
                "The dict format is invalid for this route type. Ensure the served model returns a dict key containing 'choices'"),
            _ => null,
        };
        return predictions switch
        {
            null => throw new MalformedAnswerException("The provider's answer has no list of 'predictions'."),
            [] => throw new MalformedAnswerException("The input list is empty"),
            _ => predictions.Select(text => text.Text() ?? throw new MalformedAnswerException("The provider's 'predictions' are not all strings.")),
        };
    }

    private static IEnumerable<JsonNode> Vectors(JsonObject answer)
    {
        var predictions = answer.Array("predictions") ?? throw new MalformedAnswerException("The provider's answer has no list of 'predictions'.");
        var vectors = predictions is [JsonValue, ..] ? new JsonArray(predictions.DeepClone()) : predictions;
        return vectors.Select(vector => vector is JsonArray { Count: > 0 } numbers && numbers.All(number => number is JsonValue && number.Text() is null)
            ? numbers.DeepClone()
            : throw new MalformedAnswerException("One or more lists in the returned prediction response are empty"));
    }
}
