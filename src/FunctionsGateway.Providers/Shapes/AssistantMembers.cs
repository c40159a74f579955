using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>What an assistant's message of a unified answer may hold beside OpenAI's own members. Clients send messages back as they got them, and a call may
/// fall back to another provider than the one that answered: who knows no such member refuses it
/// (Mistral: 422 <c>extra_forbidden</c>; Groq: 400 <c>property 'reasoning_content' is unsupported</c>).</summary>
internal static class AssistantMembers
{
    /// <summary>The gateway's own, and those that providers answer with and take back from nobody else.</summary>
    public static readonly string[] Beside =
        ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks", "native_parts", Signature, "citations", "annotations", "tool_plan"];

    /// <summary>Gemini's signature, which a tool call may hold too.</summary>
    public const string Signature = "thought_signature";

    /// <summary>Takes <paramref name="names"/> out of the assistant's messages, and what is null in them: unified answers write what the provider has none of as null.</summary>
    public static void Drop(JsonObject request, IEnumerable<string> names)
    {
        var dropped = names as string[] ?? [.. names];
        foreach (var message in Of(request))
        {
            message.Drop(dropped);
            var hasContent = message.ContainsKey("content");
            message.DropNulls();
            if (hasContent)
            {
                message.Ensure("content");
            }

            if (dropped.Contains(Signature))
            {
                foreach (var call in message.Array("tool_calls")?.OfType<JsonObject>() ?? [])
                {
                    call.Remove(Signature);
                }
            }
        }
    }

    /// <summary>The assistant's messages.</summary>
    public static IEnumerable<JsonObject> Of(JsonObject request) =>
        (request.Array("messages") ?? []).OfType<JsonObject>().Where(message => message.Text("role") is "assistant");
}
