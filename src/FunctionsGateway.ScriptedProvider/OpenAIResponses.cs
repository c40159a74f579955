using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>OpenAI's responses.</summary>
internal static class OpenAIResponses
{
    public static Dialect Responses { get; } = new(
        ask => Response(ask, "completed", [Item(ask)]),
        Events,
        OpenAI.Error,
        Dialect.Event("error", new JsonObject { ["type"] = "error", ["code"] = "server_error", ["message"] = "The script says 500.", ["param"] = null }));

    public static Dialect Compact { get; } = new(
        ask => new JsonObject { ["id"] = "resp_1", ["object"] = "response.compaction", ["output"] = new JsonArray(Item(ask)) }, null, OpenAI.Error, "");

    private static JsonObject Item(Ask ask) => ask.Tool is { } tool
        ? new JsonObject
        {
            ["id"] = "fc_1",
            ["type"] = "function_call",
            ["status"] = "completed",
            ["call_id"] = "call_1",
            ["name"] = tool,
            ["arguments"] = ask.ToolArguments.ToJsonString(),
        }
        : new JsonObject
        {
            ["id"] = "msg_1",
            ["type"] = "message",
            ["status"] = "completed",
            ["role"] = "assistant",
            ["content"] = new JsonArray(Part(ask.Whole)),
        };

    private static JsonObject Part(string text) => new() { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray() };

    private static JsonObject Response(Ask ask, string status, JsonArray output) => new()
    {
        ["id"] = "resp_1",
        ["object"] = "response",
        ["created_at"] = Dialect.Created,
        ["status"] = status,
        ["error"] = null,
        ["model"] = ask.Model,
        ["output"] = output,
        ["parallel_tool_calls"] = true,
        ["tool_choice"] = "auto",
        ["tools"] = new JsonArray(),
        ["usage"] = status != "completed" ? null : new JsonObject
        {
            ["input_tokens"] = ask.PromptTokens,
            ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
            ["output_tokens"] = ask.AnswerTokens,
            ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
            ["total_tokens"] = ask.PromptTokens + ask.AnswerTokens,
        },
    };

    private static IEnumerable<string> Events(Ask ask)
    {
        var number = 0;
        yield return Named("response.created", new JsonObject { ["response"] = Response(ask, "in_progress", []) });
        var opened = Item(ask);
        opened["status"] = "in_progress";
        if (ask.Tool is null)
        {
            opened["content"] = new JsonArray();
        }
        else
        {
            opened["arguments"] = "";
        }

        yield return Named("response.output_item.added", new JsonObject { ["output_index"] = 0, ["item"] = opened });
        if (ask.Tool is null)
        {
            yield return Named("response.content_part.added", Place(new JsonObject { ["part"] = Part("") }));
            foreach (var piece in ask.Pieces)
            {
                yield return Named("response.output_text.delta", Place(new JsonObject { ["delta"] = piece }));
            }

            yield return Named("response.output_text.done", Place(new JsonObject { ["text"] = ask.Whole }));
            yield return Named("response.content_part.done", Place(new JsonObject { ["part"] = Part(ask.Whole) }));
        }
        else
        {
            var arguments = ask.ToolArguments.ToJsonString();
            yield return Named("response.function_call_arguments.delta", new JsonObject { ["item_id"] = "fc_1", ["output_index"] = 0, ["delta"] = arguments });
            yield return Named("response.function_call_arguments.done", new JsonObject { ["item_id"] = "fc_1", ["output_index"] = 0, ["arguments"] = arguments });
        }

        yield return Named("response.output_item.done", new JsonObject { ["output_index"] = 0, ["item"] = Item(ask) });
        yield return Named("response.completed", new JsonObject { ["response"] = Response(ask, "completed", [Item(ask)]) });

        string Named(string type, JsonObject data)
        {
            data.Insert(0, "type", type);
            data["sequence_number"] = number++;
            return Dialect.Event(type, data);
        }
    }

    private static JsonObject Place(JsonObject data)
    {
        data.Insert(0, "item_id", "msg_1");
        data.Insert(1, "output_index", 0);
        data.Insert(2, "content_index", 0);
        return data;
    }
}
