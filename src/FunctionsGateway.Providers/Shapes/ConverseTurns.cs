using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The conversation, from OpenAI's form to Converse's (spec/providers-own-shape.md §7.4): system prompts apart, content as blocks,
/// neighbours of one role merged, no blank text.</summary>
internal static class ConverseTurns
{
    /// <summary>A body that holds the messages of <paramref name="request"/>, which are taken out of it.</summary>
    public static JsonObject Of(JsonObject request)
    {
        var (system, turns) = (new JsonArray(), new JsonArray());
        foreach (var node in request.Take("messages") as JsonArray ?? [])
        {
            var message = node as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.");
            switch (message.Text("role"))
            {
                case "system" or "developer":
                    Blocks(message["content"], system);
                    break;
                case "user":
                    Blocks(message["content"], Turn(turns, "user"));
                    break;
                case "assistant":
                    Assistant(message, Turn(turns, "assistant"));
                    break;
                case "tool":
                    Turn(turns, "user").Add(Result(message));
                    break;
                default:
                    throw new TranslationException($"Messages of role '{message.Text("role")}' are not supported for Amazon Bedrock; use 'system', 'user', 'assistant' or 'tool'.");
            }
        }

        turns.RemoveAll(turn => turn!["content"]!.AsArray().Count == 0);
        ConverseFiles.TellApart(turns);
        var body = new JsonObject { ["messages"] = turns };
        if (system.Count > 0)
        {
            body["system"] = system;
        }

        return body;
    }

    private static JsonArray Turn(JsonArray turns, string role)
    {
        if (turns.Count > 0 && turns[^1] is JsonObject last && last.Text("role") == role)
        {
            return last.Array("content")!;
        }

        var content = new JsonArray();
        turns.Add(new JsonObject { ["role"] = role, ["content"] = content });
        return content;
    }

    private static void Assistant(JsonObject message, JsonArray blocks)
    {
        foreach (var thought in message.Array("thinking_blocks")?.OfType<JsonObject>() ?? [])
        {
            blocks.Add(new JsonObject
            {
                ["reasoningContent"] = thought.Text("data") is { } redacted
                    ? new JsonObject { ["redactedContent"] = redacted }
                    : new JsonObject { ["reasoningText"] = new JsonObject { ["text"] = thought.Text("thinking"), ["signature"] = thought.Text("signature") }.DropNulls() },
            });
        }

        foreach (var part in message.Array("native_parts")?.OfType<JsonObject>() ?? [])
        {
            // Another provider's parts, after a fallback, are not Converse's blocks.
            if (part.Count == 1 && part.Text("type") is null && part.Object("inlineData") is null)
            {
                blocks.Add(part.DeepClone());
            }
        }

        Blocks(message["content"] ?? message["refusal"], blocks);
        foreach (var (call, function) in ToolCalls.Of(message))
        {
            blocks.Add(new JsonObject
            {
                ["toolUse"] = new JsonObject
                {
                    ["toolUseId"] = call.Text("id"),
                    ["name"] = function.Text("name"),
                    ["input"] = ToolCalls.Arguments(function.Text("arguments")),
                },
            });
        }
    }

    private static JsonObject Result(JsonObject message)
    {
        var result = new JsonObject { ["toolUseId"] = message.Text("tool_call_id"), ["content"] = ResultContent(message["content"]) };
        if (message.Flag("is_error") == true)
        {
            result["status"] = "error";
        }

        return new() { ["toolResult"] = result };
    }

    private static JsonArray ResultContent(JsonNode? content)
    {
        if (content is JsonArray parts && parts.OfType<JsonObject>().Any(part => part["text"] is null))
        {
            // A picture that a tool took stays one.
            var blocks = new JsonArray();
            Blocks(parts, blocks);
            return blocks;
        }

        var text = Head.Text(content) ?? "";
        return new JsonArray(AsJson(text) is { } json ? new JsonObject { ["json"] = json } : new JsonObject { ["text"] = text });
    }

    private static JsonObject? AsJson(string text)
    {
        try
        {
            return text.StartsWith('{') ? JsonNode.Parse(text, documentOptions: Json.Strict) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Blocks(JsonNode? content, JsonArray blocks)
    {
        if (content is not JsonArray parts)
        {
            Text(content.Text(), blocks);
            return;
        }

        foreach (var node in parts)
        {
            var part = node as JsonObject ?? throw new TranslationException("Every part of a message's content must be an object.");
            switch (part.Text("type"))
            {
                case "text" or "refusal":
                    Text(part.Text("text") ?? part.Text("refusal"), blocks);
                    break;
                case "image_url":
                    blocks.Add(ConverseFiles.Image(part.Object("image_url")?.Text("url") ?? part.Text("image_url")));
                    break;
                case "file":
                    blocks.Add(ConverseFiles.File(part.Object("file")?.Text("file_data"), part.Object("file")?.Text("filename")));
                    break;
                default:
                    // Blocks of Converse's own form (cache points, guarded text) pass.
                    blocks.Add(part.DeepClone());
                    continue;
            }

            if (CachePoint(part) is { } point)
            {
                blocks.Add(point);
            }
        }
    }

    /// <summary>Converse's form of Anthropic's mark that all up to <paramref name="marked"/> is to be cached; null when it has none
    /// (docs.aws.amazon.com, "Prompt caching").</summary>
    public static JsonObject? CachePoint(JsonObject marked) => marked.Object("cache_control") is not { } mark ? null
        : new() { ["cachePoint"] = new JsonObject { ["type"] = "default", ["ttl"] = mark.Text("ttl") }.DropNulls() };

    private static void Text(string? text, JsonArray blocks)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            blocks.Add(new JsonObject { ["text"] = text });
        }
    }
}
