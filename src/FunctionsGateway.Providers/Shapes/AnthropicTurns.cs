using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The conversation, from OpenAI's form to Anthropic's (spec/providers-own-shape.md §1.2): system prompts apart, tool results as the user's,
/// neighbours of one role merged (so that the results of parallel calls are one message), no empty text.</summary>
internal static class AnthropicTurns
{
    public static void Rewrite(JsonObject request)
    {
        var messages = request.Take("messages") as JsonArray ?? [];
        var (system, turns) = (new List<JsonNode>(), new JsonArray());
        while (messages.Count > 0)
        {
            var message = messages[0] as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.");
            messages.RemoveAt(0);
            switch (message.Text("role"))
            {
                case "system" or "developer":
                    if (message.Take("content") is { } content)
                    {
                        system.Add(content);
                    }

                    break;
                case "user":
                    Add(turns, message, Content(message));
                    break;
                case "assistant":
                    Add(turns, message, Assistant(message));
                    break;
                case "tool":
                    Add(turns, new() { ["role"] = "user" }, new JsonArray(ToolResult(message)));
                    break;
                default:
                    throw new TranslationException($"Messages of role '{message.Text("role")}' are not supported for Anthropic; use 'system', 'user', 'assistant' or 'tool'.");
            }
        }

        TrimEnd(turns);
        request["messages"] = turns;
        foreach (var content in system)
        {
            AddSystem(request, content);
        }
    }

    /// <summary>Adds to the system prompt: text to text on a line of its own; a list of blocks stays one, since blocks may carry cache marks.</summary>
    public static void AddSystem(JsonObject request, JsonNode content)
    {
        if (request["system"] is not { } system)
        {
            request["system"] = content;
        }
        else if (system.Text() is { } first && content.Text() is { } second)
        {
            request["system"] = $"{first}\n{second}";
        }
        else
        {
            request["system"] = Joined(request.Take("system"), content);
        }
    }

    // OpenAI's message members that Anthropic refuses; all others (cache marks, …) pass.
    private static void Add(JsonArray turns, JsonObject message, JsonNode? content)
    {
        message.Drop("name", "refusal", "audio", "annotations", "citations", "tool_calls", "function_call", "reasoning_content", "reasoning",
            "thinking_blocks", "native_parts", "content");
        if (content is null or JsonArray { Count: 0 } || content.Text() is "")
        {
            return;
        }

        if (turns.Count > 0 && turns[^1] is JsonObject last && last.Text("role") == message.Text("role"))
        {
            last["content"] = Joined(last.Take("content"), content);
        }
        else
        {
            message["content"] = content;
            turns.Add(message);
        }
    }

    private static JsonArray Joined(JsonNode? first, JsonNode? second)
    {
        var (blocks, more) = (Blocks(first), Blocks(second));
        while (more.Count > 0)
        {
            var block = more[0];
            more.RemoveAt(0);
            blocks.Add(block);
        }

        return blocks;
    }

    private static JsonArray Blocks(JsonNode? content) => content switch
    {
        JsonArray blocks => blocks,
        null => [],
        _ => content.Text() is { Length: > 0 } text ? [TextBlock(text)] : [],
    };

    private static JsonObject TextBlock(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonNode? Assistant(JsonObject message)
    {
        var first = message.Take("thinking_blocks") as JsonArray ?? [];
        var native = message.Take("native_parts") as JsonArray ?? [];
        // Another provider's parts, after a fallback, are not Anthropic's blocks.
        native.RemoveAll(part => (part as JsonObject)?.Text("type") is null);
        first = Joined(first, native);
        var text = Content(message) ?? message["refusal"]?.DeepClone();
        if (first.Count == 0 && message.Array("tool_calls") is not { Count: > 0 })
        {
            return text;
        }

        var blocks = Joined(first, text);
        foreach (var call in message.Array("tool_calls")?.OfType<JsonObject>() ?? [])
        {
            var function = call.Object("function") ?? throw new TranslationException("Every tool call needs a 'function'.");
            blocks.Add(new JsonObject
            {
                ["type"] = "tool_use",
                ["id"] = call.Text("id"),
                ["name"] = function.Text("name"),
                ["input"] = ToolCalls.Arguments(function.Text("arguments")),
            });
        }

        return blocks;
    }

    private static JsonObject ToolResult(JsonObject message)
    {
        var result = new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = message.Text("tool_call_id") };
        if (Content(message) is { } content)
        {
            result["content"] = content;
        }

        message.Drop("role", "tool_call_id", "content", "name");
        message.MoveTo(result);
        return result;
    }

    private static JsonNode? Content(JsonObject message)
    {
        var content = message.Take("content");
        if (content is JsonArray parts)
        {
            parts.RemoveAll(part => part is JsonObject text && text.Text("type") is "text" && string.IsNullOrEmpty(text.Text("text")));
            for (var i = 0; i < parts.Count; i++)
            {
                if (parts[i] is JsonObject part && Source(part) is { } replacement)
                {
                    parts[i] = replacement;
                }
            }
        }

        return content;
    }

    // Parts of Anthropic's own form pass; those of OpenAI's become them.
    private static JsonObject? Source(JsonObject part) => part.Text("type") switch
    {
        "image_url" => Moved(part, "image_url", "image", part.Object("image_url")?.Text("url") ?? part.Text("image_url")),
        "file" when part.Object("file")?.Text("file_data") is { } data => File(part, data),
        "refusal" => TextBlock(part.Text("refusal") ?? ""),
        _ => null,
    };

    private static JsonObject Moved(JsonObject part, string from, string type, string? address)
    {
        var block = new JsonObject { ["type"] = type, ["source"] = Address(address ?? throw new TranslationException($"A part of type '{from}' needs its data.")) };
        part.Drop("type", from);
        part.MoveTo(block);
        return block;
    }

    // Only a PDF travels in base64; a text comes as such, an image is a block of its own (platform.claude.com, "PDF support", "Citations").
    private static JsonObject File(JsonObject part, string address)
    {
        var title = part.Object("file")?.Text("filename");
        var block = Moved(part, "file", "document", address);
        var source = block.Object("source")!;
        var type = source.Text("media_type") ?? "";
        if (type.StartsWith("image/", StringComparison.OrdinalIgnoreCase))
        {
            block["type"] = "image";
            return block;
        }

        if (DataUri.IsText(type))
        {
            source["type"] = "text";
            source["media_type"] = "text/plain";
            source["data"] = Decoded(source.Text("data")!, type);
        }

        if (!string.IsNullOrEmpty(title))
        {
            block.TryAdd("title", title);
        }

        return block;
    }

    private static string Decoded(string data, string type)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(data));
        }
        catch (FormatException)
        {
            throw new TranslationException($"A file of type '{type}' holds no valid base64.");
        }
    }

    private static JsonObject Address(string address) => DataUri.TryRead(address, out var mediaType, out var data)
        ? new() { ["type"] = "base64", ["media_type"] = mediaType, ["data"] = data }
        : new() { ["type"] = "url", ["url"] = address };

    // The API refuses a last assistant message that ends in white space.
    private static void TrimEnd(JsonArray turns)
    {
        if (turns.Count == 0 || turns[^1] is not JsonObject last || last.Text("role") is not "assistant")
        {
            return;
        }

        if (last.Text("content") is { } text)
        {
            last["content"] = text.TrimEnd();
        }
        else if (last.Array("content") is { Count: > 0 } blocks && blocks[^1] is JsonObject block && block.Text("text") is { } end)
        {
            block["text"] = end.TrimEnd();
        }
    }
}
