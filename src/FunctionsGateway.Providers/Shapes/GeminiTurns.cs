using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The conversation, from OpenAI's form to Gemini's (spec/providers-own-shape.md §5.1): system prompts apart, content as parts,
/// the results of parallel calls in one content.</summary>
internal static class GeminiTurns
{
    // Google's word for a call that no Gemini signed: by a client that lost the signature, or by another provider's model, before a fallback
    // (ai.google.dev, "Thought signatures"). From the third generation on Gemini refuses the turn without one.
    private const string Unsigned = "skip_thought_signature_validator";

    public static void Rewrite(JsonObject request, string model, bool namesCalls)
    {
        var mustSign = model.IndexOf("gemini-", StringComparison.OrdinalIgnoreCase) is var at and >= 0
            && model.AsSpan(at + "gemini-".Length) is [>= '3' and <= '9', ..];
        var (system, contents) = (new JsonArray(), new JsonArray());
        var functions = new Dictionary<string, string>();
        foreach (var node in request.Take("messages") as JsonArray ?? [])
        {
            var message = node as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.");
            switch (message.Text("role"))
            {
                case "system" or "developer":
                    Parts(message.Take("content"), system);
                    break;
                case "user":
                    Add(contents, "user", Parts(message.Take("content"), []));
                    break;
                case "assistant":
                    Add(contents, "model", Assistant(message, functions, namesCalls, mustSign));
                    break;
                case "tool":
                    var isNext = contents.Count > 0 && IsResults((JsonObject)contents[^1]!);
                    var parts = isNext ? contents[^1]!["parts"]!.AsArray() : [];
                    parts.Add(Result(message, functions, namesCalls));
                    if (!isNext)
                    {
                        Add(contents, "user", parts);
                    }

                    break;
                default:
                    throw new TranslationException($"Messages of role '{message.Text("role")}' are not supported for Gemini; use 'system', 'user', 'assistant' or 'tool'.");
            }
        }

        request["contents"] = contents;
        if (system.Count > 0)
        {
            request["system_instruction"] = new JsonObject { ["parts"] = system };
        }
    }

    private static void Add(JsonArray contents, string role, JsonArray parts)
    {
        if (parts.Count > 0)
        {
            contents.Add(new JsonObject { ["role"] = role, ["parts"] = parts });
        }
    }

    private static bool IsResults(JsonObject content) => content.Array("parts")!.All(part => (part as JsonObject)?.ContainsKey("functionResponse") == true);

    private static JsonArray Assistant(JsonObject message, Dictionary<string, string> functions, bool namesCalls, bool mustSign)
    {
        var parts = Parts(message.Take("content") ?? message.Take("refusal"), []);
        if (message.Text("thought_signature") is { } ending)
        {
            if (parts.Count == 0)
            {
                parts.Add(new JsonObject { ["text"] = "" });
            }

            ((JsonObject)parts[^1]!)["thoughtSignature"] = ending;
        }

        foreach (var native in message.Array("native_parts")?.OfType<JsonObject>() ?? [])
        {
            // Another provider's, after a fallback, tell their type.
            if (native.Text("type") is null && !ContentParts.IsKept(native))
            {
                parts.Add(native.DeepClone());
            }
        }

        foreach (var (call, function) in ToolCalls.Of(message))
        {
            var made = new JsonObject { ["name"] = function.Text("name"), ["args"] = ToolCalls.Arguments(function.Text("arguments")) };
            if (call.Text("id") is { } id)
            {
                functions[id] = function.Text("name") ?? "";
                if (namesCalls)
                {
                    made.Insert(0, "id", id);
                }
            }

            var part = new JsonObject { ["functionCall"] = made };
            // Google's own service of OpenAI's API has it under extra_content (ai.google.dev, "Thought signatures").
            if ((call.Text("thought_signature") ?? call.Object("extra_content")?.Object("google")?.Text("thought_signature")) is { } signature)
            {
                part["thoughtSignature"] = signature;
            }
            else if (mustSign)
            {
                part["thoughtSignature"] = Unsigned;
            }

            // Of parallel calls the first is signed.
            mustSign = false;
            parts.Add(part);
        }

        return parts;
    }

    private static JsonObject Result(JsonObject message, Dictionary<string, string> functions, bool namesCalls)
    {
        var id = message.Text("tool_call_id");
        var name = id is not null && functions.TryGetValue(id, out var known) ? known : message.Text("name")
            ?? throw new TranslationException($"No earlier tool call has the id '{id}'.");
        var response = new JsonObject { ["name"] = name, ["response"] = Response(Head.Text(message["content"])) };
        if (namesCalls && id is not null)
        {
            response.Insert(0, "id", id);
        }

        // A picture that a tool took stays one (ai.google.dev, "Multimodal function responses").
        var pictures = (message.Array("content") ?? []).OfType<JsonObject>().Where(part => part["text"] is null).Select(Part).ToArray();
        if (pictures.Length > 0)
        {
            response["parts"] = new JsonArray(pictures);
        }

        return new() { ["functionResponse"] = response };
    }

    // Gemini takes objects only.
    private static JsonObject Response(string? text)
    {
        if (text is null)
        {
            return [];
        }

        try
        {
            if (JsonNode.Parse(text, documentOptions: Json.Strict) is JsonObject json)
            {
                return json;
            }
        }
        catch (JsonException)
        {
            // Plain words.
        }

        return new() { ["result"] = text };
    }

    private static JsonArray Parts(JsonNode? content, JsonArray parts)
    {
        if (content is not JsonArray list)
        {
            if (content.Text() is { } text)
            {
                parts.Add(new JsonObject { ["text"] = text });
            }

            return parts;
        }

        foreach (var node in list)
        {
            parts.Add(Part(node as JsonObject ?? throw new TranslationException("Every part of a message's content must be an object.")));
        }

        return parts;
    }

    // Parts of Gemini's own form pass.
    private static JsonNode Part(JsonObject part) => part.Text("type") switch
    {
        "text" or "refusal" => new JsonObject { ["text"] = part.Text("text") ?? part.Text("refusal") ?? "" },
        "image_url" => Data(part.Object("image_url")?.Text("url") ?? part.Text("image_url")),
        "file" => Data(part.Object("file")?.Text("file_data")),
        "input_audio" => new JsonObject
        {
            ["inlineData"] = new JsonObject
            {
                ["mimeType"] = "audio/" + part.Object("input_audio")?.Text("format"),
                ["data"] = part.Object("input_audio")?.Text("data"),
            },
        },
        _ => part.DeepClone(),
    };

    private static JsonObject Data(string? address) =>
        address is null ? throw new TranslationException("A part of a message's content lacks its data.")
        : DataUri.TryRead(address, out var mediaType, out var data)
            ? new() { ["inlineData"] = new JsonObject { ["mimeType"] = mediaType, ["data"] = data } }
            : new() { ["fileData"] = new JsonObject { ["mimeType"] = DataUri.Guess(address), ["fileUri"] = address } };
}
