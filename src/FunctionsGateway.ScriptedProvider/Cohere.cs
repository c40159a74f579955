using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>Cohere's second chat, embeddings and ranking.</summary>
internal static class Cohere
{
    public static Dialect Chat { get; } = new(
        Answer,
        Events,
        Error,
        Dialect.Event("message-end", new JsonObject { ["type"] = "message-end", ["delta"] = new JsonObject { ["error"] = "The script says so.", ["finish_reason"] = "ERROR" } }));

    public static Dialect Embed { get; } = new(
        _ => new JsonObject { ["id"] = "e_1", ["embeddings"] = new JsonObject { ["float"] = new JsonArray(new JsonArray(0.25, 0.5)) }, ["texts"] = new JsonArray("a") }, null, Error, "");

    public static Dialect Rerank { get; } = new(
        _ => new JsonObject { ["id"] = "r_1", ["results"] = new JsonArray(new JsonObject { ["index"] = 0, ["relevance_score"] = 0.9 }) }, null, Error, "");

    private static JsonObject Error(int status) => new() { ["message"] = $"The script says {status}." };

    private static JsonObject Usage(Ask ask) => new()
    {
        ["tokens"] = new JsonObject { ["input_tokens"] = ask.PromptTokens, ["output_tokens"] = ask.AnswerTokens },
    };

    private static JsonObject Answer(Ask ask) => new()
    {
        ["id"] = "c_1",
        ["finish_reason"] = "COMPLETE",
        ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = ask.Whole }) },
        ["usage"] = Usage(ask),
    };

    private static IEnumerable<string> Events(Ask ask)
    {
        yield return Named("message-start", new JsonObject { ["id"] = "c_1", ["delta"] = new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant" } } });
        yield return Named("content-start", new JsonObject { ["index"] = 0, ["delta"] = Content(new JsonObject { ["type"] = "text", ["text"] = "" }) });
        foreach (var piece in ask.Pieces)
        {
            yield return Named("content-delta", new JsonObject { ["index"] = 0, ["delta"] = Content(new JsonObject { ["text"] = piece }) });
        }

        yield return Named("content-end", new JsonObject { ["index"] = 0 });
        yield return Named("message-end", new JsonObject { ["delta"] = new JsonObject { ["finish_reason"] = "COMPLETE", ["usage"] = Usage(ask) } });
    }

    private static JsonObject Content(JsonObject content) => new() { ["message"] = new JsonObject { ["content"] = content } };

    private static string Named(string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        return Dialect.Event(type, data);
    }
}
