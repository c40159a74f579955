using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Tools and the choice among them, from OpenAI's form to Anthropic's (spec/providers-own-shape.md §1.2).</summary>
internal static class AnthropicTools
{
    public static void Rewrite(JsonObject request)
    {
        if (request.Array("tools") is { } tools)
        {
            for (var i = 0; i < tools.Count; i++)
            {
                tools[i] = Tool(tools[i] as JsonObject ?? throw new TranslationException("Every element of 'tools' must be an object."));
            }

            if (tools.Count == 0)
            {
                request.Remove("tools");
            }
        }

        var parallel = request.Flag("parallel_tool_calls");
        request.Remove("parallel_tool_calls");
        if (Choice(request.Take("tool_choice")) is not { } choice)
        {
            return;
        }

        if (parallel == false && choice.Text("type") is not "none")
        {
            choice["disable_parallel_tool_use"] = true;
        }

        request["tool_choice"] = choice;
    }

    private static JsonObject Tool(JsonObject tool)
    {
        if (tool.Text("type") is not "function")
        {
            throw new TranslationException($"Only function calling tool is supported, but received tool type {tool.Text("type") ?? "None"}");
        }

        var function = (tool.Take("function") as JsonObject ?? throw new TranslationException("A tool of type 'function' needs a 'function'.")).DropNulls();
        function.Rename("parameters", "input_schema");
        function.Fill("input_schema", new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() });
        tool.Remove("type");
        tool.MoveTo(function);
        return function;
    }

    private static JsonObject? Choice(JsonNode? choice) => choice switch
    {
        null => null,
        JsonObject named when named.Object("function")?.Text("name") is { } name => new() { ["type"] = "tool", ["name"] = name },
        JsonObject native => native,
        _ => choice.Text() switch
        {
            "required" => new() { ["type"] = "any" },
            { } word => new() { ["type"] = word },
            null => null,
        },
    };
}
