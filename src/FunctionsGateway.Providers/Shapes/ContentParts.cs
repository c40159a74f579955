using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Content that a model answers in parts (Mistral's <c>thinking</c>, Databricks' <c>reasoning</c>), made the text that clients of the unified shape expect
/// (spec/providers-openai-family.md §5, §6); its reasoning becomes <c>reasoning_content</c>.</summary>
internal static class ContentParts
{
    public static void Flatten(JsonObject answer)
    {
        foreach (var choice in answer.Array("choices")?.OfType<JsonObject>() ?? [])
        {
            Flatten(choice.Object("message"), "\n");
            Flatten(choice.Object("delta"), "");
        }
    }

    private static void Flatten(JsonObject? message, string between)
    {
        if (message?.Array("content") is not { } parts || parts.Any(part => part is not JsonObject json || json.Text("type") is "image_url" or "input_audio"))
        {
            return;
        }

        var (text, reasoning) = (new List<string>(), new List<string>());
        foreach (var part in parts.OfType<JsonObject>())
        {
            switch (part.Text("type"))
            {
                case "thinking":
                    reasoning.Add(Head.Text(part["thinking"]) ?? "");
                    break;
                case "reasoning":
                    reasoning.Add(Head.Text(part["summary"]) ?? "");
                    break;
                default:
                    if (part.Text("text") is { } words)
                    {
                        text.Add(words);
                    }

                    break;
            }
        }

        message["content"] = text.Count > 0 ? string.Join(between, text) : null;
        if (reasoning.Count > 0)
        {
            message.Fill("reasoning_content", string.Concat(reasoning));
        }
    }
}
