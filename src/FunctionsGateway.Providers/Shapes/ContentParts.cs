using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Content that a model answers in parts (Mistral's <c>thinking</c>, Databricks' <c>reasoning</c>), made the text that clients of the unified shape expect
/// (spec/providers-openai-family.md §5, §6); its reasoning becomes <c>reasoning_content</c>. A part that says more than that stands in <c>native_parts</c> with its
/// place in the text, and is put back when the message returns. One is made for each answer, since it remembers how far a stream has come.</summary>
/// <param name="provider">Whose parts they are; another's stay out.</param>
/// <param name="between">What stands between the texts of an answer that comes whole.</param>
/// <param name="thought">The part that a thought goes back as; null where thoughts go back only as they came.</param>
internal sealed class ContentParts(string provider, string between, Func<string, JsonObject>? thought = null)
{
    private readonly Dictionary<long, int> _lengths = [];

    /// <summary>Whether <paramref name="native"/> is a part that was kept here, and so no block of another provider's.</summary>
    public static bool IsKept(JsonObject native) => native.Object("part") is not null && native.Text("provider") is not null;

    public void Flatten(JsonObject answer)
    {
        foreach (var choice in answer.Array("choices")?.OfType<JsonObject>() ?? [])
        {
            Flatten(choice.Object("message"), between, 0);
            var index = choice.Whole("index") ?? 0;
            _lengths[index] = Flatten(choice.Object("delta"), "", _lengths.GetValueOrDefault(index));
        }
    }

    /// <summary>Gives the assistant's messages of <paramref name="request"/> the parts that they were made from.</summary>
    public void Restore(JsonObject request)
    {
        foreach (var message in AssistantMembers.Of(request))
        {
            var kept = (message.Array("native_parts")?.OfType<JsonObject>() ?? []).Where(native => IsKept(native) && native.Text("provider") == provider).ToList();
            var reasoning = message.Text("reasoning_content") is { Length: > 0 } words ? words : null;
            if (message["content"] is null or JsonValue && (kept.Count > 0 || (thought is not null && reasoning is not null)))
            {
                message["content"] = Parts(message.Text("content") ?? "", kept, reasoning);
            }
        }
    }

    private JsonArray Parts(string text, List<JsonObject> kept, string? reasoning)
    {
        var (content, at) = (new JsonArray(), 0);
        var thoughts = kept.Select(native => native.Object("part")!).Where(part => Thoughts(part) is not null).ToList();
        if (reasoning is not null && thoughts.Count == 0 && thought is not null)
        {
            content.Add((JsonNode)thought(reasoning));
        }

        // A stream tells the words of a thought before its signature.
        if (reasoning is not null && thoughts.Count > 0 && thoughts.All(part => Head.Text(Thoughts(part)) is null or "") && (Thoughts(thoughts[0]) as JsonArray)?.FirstOrDefault() is JsonObject first)
        {
            first["text"] = reasoning;
        }

        foreach (var native in kept.OrderBy(native => native.Whole("offset") ?? int.MaxValue))
        {
            var part = native.Object("part")!;
            var offset = (int)Math.Clamp(native.Whole("offset") ?? int.MaxValue, at, text.Length);
            var words = Thoughts(part) is null ? part.Text("text") ?? "" : "";
            // Whoever changed the text has the text alone.
            if (!text.AsSpan(offset).StartsWith(words))
            {
                continue;
            }

            AddText(text[at..offset]);
            content.Add(part.DeepClone());
            at = offset + words.Length;
        }

        AddText(text[at..]);
        return content;

        void AddText(string words)
        {
            if (words.Length > 0)
            {
                content.Add(new JsonObject { ["type"] = "text", ["text"] = words });
            }
        }
    }

    // How long the text is with this message's.
    private int Flatten(JsonObject? message, string between, int start)
    {
        if (message?.Array("content") is not { } parts)
        {
            return start + (message?.Text("content")?.Length ?? 0);
        }

        if (parts.Any(part => part is not JsonObject json || json.Text("type") is "image_url" or "input_audio"))
        {
            return start;
        }

        var (text, reasoning, kept) = (new StringBuilder(), new StringBuilder(), new JsonArray());
        var (hasText, hasThought) = (false, false);
        foreach (var part in parts.OfType<JsonObject>())
        {
            var offset = start + text.Length;
            bool isTold;
            if (Thoughts(part) is { } thoughts)
            {
                hasThought = true;
                reasoning.Append(Head.Text(thoughts));
                isTold = Has(part, "type", "thinking", "summary", "closed") && (thoughts is not JsonArray list || list.All(one => one is JsonObject json && Has(json, "type", "text")));
            }
            else if (part.Text("text") is { } words)
            {
                text.Append(hasText ? between : "");
                hasText = true;
                offset = start + text.Length;
                text.Append(words);
                isTold = Has(part, "type", "text");
            }
            else
            {
                isTold = false;
            }

            if (!isTold)
            {
                kept.Add(new JsonObject { ["provider"] = provider, ["offset"] = offset, ["part"] = part.DeepClone() });
            }
        }

        message["content"] = hasText ? text.ToString() : null;
        if (hasThought)
        {
            message.Fill("reasoning_content", reasoning.ToString());
        }

        if (kept.Count > 0)
        {
            message["native_parts"] = kept;
        }

        return start + text.Length;
    }

    private static JsonNode? Thoughts(JsonObject part) => part.Text("type") switch
    {
        "thinking" => part["thinking"] ?? "",
        "reasoning" => part["summary"] ?? "",
        _ => null,
    };

    private static bool Has(JsonObject json, params string[] names) => json.All(member => names.Contains(member.Key));
}
