using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>OpenAI's chat, completions, embeddings and models.</summary>
internal static class OpenAI
{
    private const string Done = "data: [DONE]\n\n";

    private static readonly string Failure = Dialect.Event(Error(500));

    public static Dialect Chat { get; } = new(ChatAnswer, ChatEvents, Error, Failure);

    public static Dialect Completions { get; } = new(CompletionsAnswer, CompletionsEvents, Error, Failure);

    public static Dialect Embeddings { get; } = new(EmbeddingsAnswer, null, Error, Failure);

    public static Dialect Models { get; } = new(_ => ModelList(), null, Error, Failure);

    public static JsonNode Error(int status) => new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["message"] = $"The script says {status}.",
            ["type"] = status switch { 429 => "rate_limit_error", 401 => "authentication_error", < 500 => "invalid_request_error", _ => "server_error" },
            ["param"] = null,
            ["code"] = status == 429 ? "rate_limit_exceeded" : null,
        },
    };

    private static JsonObject Usage(Ask ask) => new()
    {
        ["prompt_tokens"] = ask.PromptTokens,
        ["completion_tokens"] = ask.AnswerTokens * ask.Count,
        ["total_tokens"] = ask.PromptTokens + (ask.AnswerTokens * ask.Count),
    };

    private static JsonArray ToolCalls(Ask ask, string tool, int? index)
    {
        var call = new JsonObject
        {
            ["id"] = "call_1",
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = tool, ["arguments"] = ask.ToolArguments.ToJsonString() },
        };
        if (index is not null)
        {
            call.Insert(0, "index", index);
        }

        return [call];
    }

    private static JsonObject ChatAnswer(Ask ask) => Envelope("chatcmpl-1", "chat.completion", ask, Enumerable.Range(0, ask.Count).Select(i => new JsonObject
    {
        ["index"] = i,
        ["message"] = ask.Tool is { } tool
            ? new JsonObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = ToolCalls(ask, tool, null) }
            : new JsonObject { ["role"] = "assistant", ["content"] = ask.Whole },
        ["finish_reason"] = ask.Tool is null ? "stop" : "tool_calls",
    }), Usage(ask));

    private static IEnumerable<string> ChatEvents(Ask ask)
    {
        yield return Chunk(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null);
        if (ask.Tool is { } tool)
        {
            yield return Chunk(new JsonObject { ["tool_calls"] = ToolCalls(ask, tool, 0) }, null);
        }

        foreach (var piece in ask.Tool is null ? ask.Pieces : [])
        {
            yield return Chunk(new JsonObject { ["content"] = piece }, null);
        }

        yield return Chunk([], ask.Tool is null ? "stop" : "tool_calls");
        if (ask.WantsUsage)
        {
            yield return Dialect.Event(Envelope("chatcmpl-1", "chat.completion.chunk", ask, [], Usage(ask)));
        }

        yield return Done;

        string Chunk(JsonObject delta, string? finish) => Dialect.Event(Envelope("chatcmpl-1", "chat.completion.chunk", ask,
            [new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }], null));
    }

    private static JsonObject CompletionsAnswer(Ask ask) => Envelope("cmpl-1", "text_completion", ask,
        Enumerable.Range(0, ask.Count).Select(i => new JsonObject { ["index"] = i, ["text"] = ask.Whole, ["logprobs"] = null, ["finish_reason"] = "stop" }),
        Usage(ask));

    private static IEnumerable<string> CompletionsEvents(Ask ask)
    {
        foreach (var piece in ask.Pieces)
        {
            yield return Chunk(piece, null);
        }

        yield return Chunk("", "stop");
        if (ask.WantsUsage)
        {
            yield return Dialect.Event(Envelope("cmpl-1", "text_completion", ask, [], Usage(ask)));
        }

        yield return Done;

        string Chunk(string text, string? finish) => Dialect.Event(Envelope("cmpl-1", "text_completion", ask,
            [new JsonObject { ["index"] = 0, ["text"] = text, ["logprobs"] = null, ["finish_reason"] = finish }], null));
    }

    private static JsonObject Envelope(string id, string kind, Ask ask, IEnumerable<JsonObject> choices, JsonObject? usage)
    {
        var answer = new JsonObject
        {
            ["id"] = id,
            ["object"] = kind,
            ["created"] = Dialect.Created,
            ["model"] = ask.Model,
            ["choices"] = new JsonArray([.. choices]),
        };
        if (usage is not null)
        {
            answer["usage"] = usage;
        }

        return answer;
    }

    private static JsonObject EmbeddingsAnswer(Ask ask)
    {
        var texts = ask.Body["input"] switch
        {
            JsonArray list when list.Any(t => t is not JsonValue value || value.GetValueKind() != JsonValueKind.Number) =>
                list.Select(t => t?.ToString() ?? ""),
            var text => [text?.ToString() ?? ""],
        };
        var asText = (string?)ask.Body["encoding_format"] == "base64";
        var size = (int?)ask.Body["dimensions"] ?? 8;
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. texts.Select((text, i) => new JsonObject
            {
                ["object"] = "embedding",
                ["embedding"] = asText
                    ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(Vector(text, size)))
                    : new JsonArray([.. Vector(text, size).Select(x => JsonValue.Create(x))]),
                ["index"] = i,
            })]),
            ["model"] = ask.Model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = ask.PromptTokens, ["total_tokens"] = ask.PromptTokens },
        };
    }

    // the same text has the same vector on every machine
    public static float[] Vector(string text, int size)
    {
        var hash = Encoding.UTF8.GetBytes(text).Aggregate(2166136261u, (h, b) => (h ^ b) * 16777619u);
        return [.. Enumerable.Range(1, size).Select(i => ((hash * (uint)i) >> 16) / 65536f)];
    }

    private static JsonObject ModelList() => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray([new JsonObject { ["id"] = "echo", ["object"] = "model", ["created"] = Dialect.Created, ["owned_by"] = "scripted" }]),
    };
}
