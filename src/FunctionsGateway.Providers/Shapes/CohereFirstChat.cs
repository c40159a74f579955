using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Cohere's chat of the first version (spec/providers-own-shape.md §2.2), which MLflow speaks: a last message, and what went before it.</summary>
internal static class CohereFirstChat
{
    public static JsonObject Request(JsonObject request, ProviderCall call)
    {
        CohereShape.OneAnswer(request);
        if (request.Array("tools") is { Count: > 0 })
        {
            throw new TranslationException("Tools need the second version of Cohere's API; set 'cohere_api_version' to 'v2'.");
        }

        request["model"] = call.Model;
        request.Drop("tools", "tool_choice");
        CohereShape.Common(request, GenerateShape.TemperatureScale, most: 5);
        CohereShape.ResponseFormat(request, "schema");
        var messages = (request.Take("messages") as JsonArray ?? []).Select(node => node as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.")).ToList();
        var last = messages.LastOrDefault();
        if (last?.Text("role") is not "user")
        {
            throw new TranslationException($"Last message must be from user, got {last?.Text("role") ?? "None"}.");
        }

        var (history, preamble) = (new JsonArray(), new List<string>());
        foreach (var message in messages.SkipLast(1))
        {
            var text = Text(message);
            switch (message.Text("role"))
            {
                case "system" or "developer":
                    preamble.Add(text);
                    break;
                case "user" or "assistant":
                    history.Add(new JsonObject { ["role"] = message.Text("role") is "user" ? "USER" : "CHATBOT", ["message"] = text });
                    break;
                default:
                    throw new TranslationException($"Messages of role '{message.Text("role")}' need the second version of Cohere's API; set 'cohere_api_version' to 'v2'.");
            }
        }

        request["message"] = Text(last);
        if (history.Count > 0)
        {
            request["chat_history"] = history;
        }

        if (preamble.Count > 0)
        {
            request["preamble"] = string.Join("\n", preamble);
        }

        return request;
    }

    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var text = answer.Take("text").Text() ?? throw new MalformedAnswerException("The provider's answer has no 'text'.");
        var message = new JsonObject { ["role"] = "assistant", ["content"] = text };
        if (answer.Take("citations") is { } citations)
        {
            message["citations"] = citations;
        }

        var reason = answer.Text("finish_reason");
        var unified = ChatShape.NewAnswer(call, message, CohereShape.FinishReason(reason));
        unified["id"] = answer.Text("response_id") ?? unified.Text("id");
        unified["choices"]![0]!["native_finish_reason"] = reason;
        unified["usage"] = Tokens(answer);
        Head.KeepRest(answer, unified, Told);
        return unified;
    }

    public static async IAsyncEnumerable<JsonObject> Stream(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var id = (string?)null;
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Events.Read(item);
            CohereShape.ThrowIfFailed(json);
            id ??= json.Text("generation_id");
            if (json.Flag("is_finished") == true)
            {
                var reason = json.Text("finish_reason");
                var end = ChatShape.NewChunk([], CohereShape.FinishReason(reason) ?? "stop");
                end["choices"]![0]!["native_finish_reason"] = reason;
                yield return Unified(end);
                if (json.Object("response") is { } response)
                {
                    yield return Unified(ChatShape.LastChunk(Tokens(response), response, [.. Told, "text", "citations"]));
                }

                yield break;
            }

            if (json.Text("event_type") is "text-generation" && json.Text("text") is { } text)
            {
                yield return Unified(ChatShape.NewChunk(new() { ["content"] = text }));
            }
            else if (json.Text("event_type") is "citation-generation" && json.Take("citations") is JsonArray citations)
            {
                yield return Unified(ChatShape.NewChunk(new() { ["citations"] = citations }));
            }
        }

        throw Events.CutShort();

        JsonObject Unified(JsonObject chunk)
        {
            chunk["id"] = id;
            return ChatShape.Chunk(chunk, call)!;
        }
    }

    // The history is but the request's and the answer's.
    private static readonly string[] Told = ["response_id", "generation_id", "finish_reason", "token_count", "chat_history"];

    private static string Text(JsonObject message) =>
        Head.TextAlone(message["content"], "The first version of Cohere's API", " Set 'cohere_api_version' to 'v2'.");

    // Yesterday's answers have token_count, today's meta.
    private static JsonObject Tokens(JsonObject answer) => answer.Object("token_count") is { } count
        ? Usage.Of(count.Whole("prompt_tokens"), count.Whole("response_tokens"))
        : CohereShape.Tokens(answer.Object("meta"));
}
