using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>Anthropic's messages, token counts and legacy completions.</summary>
internal static class Anthropic
{
    private static readonly string Failure = Dialect.Event("error", Error(529));

    public static Dialect Messages { get; } = new(Message, MessageEvents, Error, Failure);

    public static Dialect CountTokens { get; } = new(ask => new JsonObject { ["input_tokens"] = ask.PromptTokens }, null, Error, Failure);

    public static Dialect Complete { get; } = new(
        ask => Completion(ask, ask.Whole, "stop_sequence"),
        ask => ask.Pieces.Select(piece => Dialect.Event("completion", Completion(ask, piece, null)))
            .Append(Dialect.Event("completion", Completion(ask, "", "stop_sequence"))),
        Error,
        Failure);

    private static JsonObject Error(int status) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject
        {
            ["type"] = status switch
            {
                400 => "invalid_request_error",
                401 => "authentication_error",
                403 => "permission_error",
                404 => "not_found_error",
                429 => "rate_limit_error",
                529 => "overloaded_error",
                _ => "api_error",
            },
            ["message"] = $"The script says {status}.",
        },
        ["request_id"] = "req_1",
    };

    private static JsonObject Message(Ask ask) => Envelope(
        ask,
        [ask.Tool is { } tool ? ToolUse(tool, ask.ToolArguments) : new JsonObject { ["type"] = "text", ["text"] = ask.Whole }],
        ask.Tool is null ? "end_turn" : "tool_use",
        ask.AnswerTokens);

    private static JsonObject ToolUse(string tool, JsonObject input) =>
        new() { ["type"] = "tool_use", ["id"] = "toolu_1", ["name"] = tool, ["input"] = input };

    private static JsonObject Envelope(Ask ask, JsonArray content, string? stop, int tokens) => new()
    {
        ["id"] = "msg_1",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = ask.Model,
        ["content"] = content,
        ["stop_reason"] = stop,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject { ["input_tokens"] = ask.PromptTokens, ["output_tokens"] = tokens },
    };

    private static IEnumerable<string> MessageEvents(Ask ask)
    {
        yield return Named("message_start", new JsonObject { ["message"] = Envelope(ask, [], null, 1) });
        yield return Named("content_block_start", new JsonObject
        {
            ["index"] = 0,
            ["content_block"] = ask.Tool is { } tool ? ToolUse(tool, []) : new JsonObject { ["type"] = "text", ["text"] = "" },
        });
        yield return Named("ping", []);
        var deltas = ask.Tool is null
            ? ask.Pieces.Select(piece => new JsonObject { ["type"] = "text_delta", ["text"] = piece })
            : [new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = ask.ToolArguments.ToJsonString() }];
        foreach (var delta in deltas)
        {
            yield return Named("content_block_delta", new JsonObject { ["index"] = 0, ["delta"] = delta });
        }

        yield return Named("content_block_stop", new JsonObject { ["index"] = 0 });
        yield return Named("message_delta", new JsonObject
        {
            ["delta"] = new JsonObject { ["stop_reason"] = ask.Tool is null ? "end_turn" : "tool_use", ["stop_sequence"] = null },
            ["usage"] = new JsonObject { ["output_tokens"] = ask.AnswerTokens },
        });
        yield return Named("message_stop", []);
    }

    private static string Named(string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        return Dialect.Event(type, data);
    }

    private static JsonObject Completion(Ask ask, string text, string? stop) => new()
    {
        ["type"] = "completion",
        ["id"] = "compl_1",
        ["completion"] = text,
        ["stop_reason"] = stop,
        ["model"] = ask.Model,
    };
}
