using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Tool calls of OpenAI's form, made and read.</summary>
internal static class ToolCalls
{
    /// <summary>The arguments of a call as an object; no text is none.</summary>
    public static JsonObject Arguments(string? arguments)
    {
        try
        {
            return string.IsNullOrWhiteSpace(arguments) ? [] : Json.Parse(arguments);
        }
        catch (MalformedAnswerException)
        {
            throw new TranslationException("The 'arguments' of a tool call must be the text of a JSON object.");
        }
    }

    /// <summary>The calls of an assistant's message, each with its function.</summary>
    public static IEnumerable<(JsonObject Call, JsonObject Function)> Of(JsonObject message) =>
        (message.Array("tool_calls")?.OfType<JsonObject>() ?? [])
            .Select(call => (call, call.Object("function") ?? throw new TranslationException("Every tool call needs a 'function'.")));

    /// <summary>The functions that a request offers as tools, taken out of it.</summary>
    public static IReadOnlyList<JsonObject> TakeFunctions(JsonObject request) =>
    [
        .. (request.Take("tools") as JsonArray ?? []).Select(node =>
        {
            var tool = node as JsonObject ?? throw new TranslationException("Every element of 'tools' must be an object.");
            return tool.Text("type") is not "function"
                ? throw new TranslationException($"Only function calling tool is supported, but received tool type {tool.Text("type") ?? "None"}")
                : (tool.Take("function") as JsonObject ?? throw new TranslationException("A tool of type 'function' needs a 'function'.")).DropNulls();
        }),
    ];

    /// <summary>The name that a <c>tool_choice</c> names; null when it names none.</summary>
    public static string? Named(JsonNode? choice) => (choice as JsonObject)?.Object("function")?.Text("name");

    /// <summary>A call, whole or the beginning of one.</summary>
    public static JsonObject New(string? id, string? name, string arguments) => new()
    {
        ["id"] = id,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = name, ["arguments"] = arguments },
    };

    /// <summary>A chunk that holds a part of the call at <paramref name="index"/>.</summary>
    public static JsonObject Chunk(JsonObject call, int index)
    {
        call.Insert(0, "index", index);
        return ChatShape.NewChunk(new() { ["tool_calls"] = new JsonArray(call) });
    }

    /// <summary>A chunk with more text of the arguments of the call at <paramref name="index"/>.</summary>
    public static JsonObject MoreArguments(string text, int index) =>
        Chunk(new() { ["function"] = new JsonObject { ["arguments"] = text } }, index);
}
