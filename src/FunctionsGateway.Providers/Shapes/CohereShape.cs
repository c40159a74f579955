using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Cohere's chat of the second version (spec/providers-own-shape.md §2.3), nearly OpenAI's own shape; and what all of Cohere's answers share.</summary>
internal static class CohereShape
{
    public static JsonObject Request(JsonObject request, ProviderCall call)
    {
        OneAnswer(request);
        request["model"] = call.Model;
        Common(request, scale: 0.5, most: 1);
        Tools(request);
        Messages(request);
        ResponseFormat(request, "json_schema");
        if (request.Take("reasoning_effort").Text() is { } effort)
        {
            request.TryAdd("thinking", new JsonObject { ["type"] = effort is "none" ? "disabled" : "enabled" });
        }

        return request;
    }

    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var message = answer.Take("message") as JsonObject ?? throw new MalformedAnswerException("The provider's answer has no 'message'.");
        var (text, reasoning) = (new List<string>(), new List<string>());
        foreach (var block in Head.Objects(message.Take("content") as JsonArray ?? []))
        {
            if (block.Text("thinking") is { } thought)
            {
                reasoning.Add(thought);
            }
            else if (block.Text("text") is { } words)
            {
                text.Add(words);
            }
        }

        message["content"] = text.Count > 0 ? string.Concat(text) : null;
        if (reasoning.Count > 0)
        {
            message["reasoning_content"] = string.Concat(reasoning);
        }

        var reason = answer.Text("finish_reason");
        var unified = ChatShape.NewAnswer(call, message, FinishReason(reason));
        unified["id"] = answer.Text("id") ?? unified.Text("id");
        var choice = unified["choices"]![0]!;
        choice["native_finish_reason"] = reason;
        if (answer.Take("logprobs") is JsonArray logprobs)
        {
            choice["logprobs"] = Logprobs(Head.Objects(logprobs));
        }

        unified["usage"] = Tokens(answer.Object("usage"), isUsage: true);
        Head.KeepRest(answer, unified, "id", "finish_reason", "usage");
        return unified;
    }

    /// <summary>The unified finish reason.</summary>
    /// <exception cref="ProviderStreamException">The word is that of a failure.</exception>
    public static string? FinishReason(string? reason) => reason switch
    {
        null => null,
        "MAX_TOKENS" or "ERROR_LIMIT" => "length",
        "TOOL_CALL" => "tool_calls",
        "ERROR_TOXIC" => "content_filter",
        "ERROR" or "TIMEOUT" => throw new ProviderStreamException("The provider ended the answer with an error.", status: reason is "TIMEOUT" ? 504 : 502),
        _ => "stop",
    };

    /// <summary>OpenAI's form of log probabilities. Cohere's (docs.cohere.com, "Chat API (v2)") are those of a piece of text with one number for each of its tokens:
    /// a piece becomes one entry with their sum, and keeps them.</summary>
    public static JsonObject Logprobs(IEnumerable<JsonObject> pieces) => new()
    {
        ["content"] = new JsonArray([.. pieces.Select(piece =>
        {
            var numbers = piece.Array("logprobs");
            var one = new JsonObject { ["token"] = piece.Text("text"), ["logprob"] = numbers?.Sum(number => number.Number() ?? 0), ["bytes"] = null, ["top_logprobs"] = new JsonArray() };
            if (piece.Array("token_ids") is { } ids)
            {
                one["token_ids"] = ids.DeepClone();
            }

            if (numbers?.Count > 1)
            {
                one["logprobs"] = numbers.DeepClone();
            }

            return (JsonNode)one;
        })]),
        ["refusal"] = null,
    };

    /// <summary>The unified usage of a <c>usage</c> or <c>meta</c> member: the tokens, or those billed where they alone are told.</summary>
    /// <param name="usage">The member.</param>
    /// <param name="isUsage">Whether it is a <c>usage</c>, whose rest is kept; that of a <c>meta</c> stays where it is.</param>
    public static JsonObject Tokens(JsonObject? usage, bool isUsage = false)
    {
        var counts = usage?.Object("tokens") ?? usage?.Object("billed_units") ?? [];
        var tokens = Usage.Of(counts.Whole("input_tokens"), counts.Whole("output_tokens"));
        if (usage?.Whole("cached_tokens") is { } cached)
        {
            tokens["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = cached };
        }

        // What is paid for may differ from what was counted.
        if (usage?.Object("tokens") is not null && usage.Object("billed_units") is { } billed)
        {
            tokens["billed_units"] = billed.DeepClone();
        }

        if (isUsage && usage is not null)
        {
            Head.KeepRest(usage, tokens, "tokens", "billed_units", "cached_tokens");
        }

        return tokens;
    }

    /// <summary>Throws when an event of the first version is an error.</summary>
    public static void ThrowIfFailed(JsonObject json)
    {
        if (json.Text("event_type") is "stream-error" || json.Text("finish_reason") is "ERROR")
        {
            throw new ProviderStreamException(json.Text("err") ?? "The provider ended the answer with an error.");
        }

        UpstreamError.ThrowIfError(json);
    }

    public static void OneAnswer(JsonObject request)
    {
        if (request.Take("n") is { } n && n.ToJsonString() is not ("1" or "1.0"))
        {
            throw new TranslationException($"Parameter n must be 1 for Cohere chat, got {n.ToJsonString()}.");
        }
    }

    /// <summary>What both versions rename and leave out.</summary>
    public static void Common(JsonObject request, double scale, double most)
    {
        ChatShape.Stop(request, "stop_sequences");
        request.Rename("max_completion_tokens", "max_tokens");
        request.Rename("top_p", "p");
        request.Rename("top_k", "k");
        ChatShape.ScaleTemperature(request, scale, most);
        // Asked for in the same words, answered in the same form.
        var logprobs = request.Flag("logprobs");
        request.Drop("user", "parallel_tool_calls");
        ChatShape.DropOwn(request);
        if (logprobs is not null)
        {
            request["logprobs"] = logprobs;
        }
    }

    private static void Tools(JsonObject request)
    {
        var choice = request.Take("tool_choice");
        if (request.Array("tools") is not { Count: > 0 } tools)
        {
            request.Remove("tools");
            return;
        }

        if (tools.OfType<JsonObject>().FirstOrDefault(tool => tool.Text("type") is not "function") is { } other)
        {
            throw new TranslationException($"Only function calling tool is supported, but received tool type {other.Text("type") ?? "None"}");
        }

        if (ToolCalls.Named(choice) is { } name)
        {
            // There is no word for one tool, but a list of one is.
            tools.RemoveAll(tool => (tool as JsonObject)?.Object("function")?.Text("name") != name);
            request["tool_choice"] = "REQUIRED";
        }
        else if (choice.Text() is "required" or "none")
        {
            request["tool_choice"] = choice.Text()!.ToUpperInvariant();
        }
    }

    private static void Messages(JsonObject request)
    {
        AssistantMembers.Drop(request, AssistantMembers.Beside.Except(["citations", "tool_plan", "reasoning_content"]));
        foreach (var message in (request.Array("messages") ?? []).Select(node => node as JsonObject ?? throw new TranslationException("Every element of 'messages' must be an object.")))
        {
            if (message.Text("role") is "developer")
            {
                message["role"] = "system";
            }

            var reasoning = message.Text("reasoning_content");
            message.DropNulls().Drop("name", "refusal", "audio", "function_call");
            // Another provider's, after a fallback, are placed in other words.
            message.Array("citations")?.RemoveAll(citation => (citation as JsonObject)?.ContainsKey("start") != true);
            if (message.Array("citations") is { Count: 0 })
            {
                message.Remove("citations");
            }

            message.Remove("reasoning_content");
            if (reasoning is { Length: > 0 })
            {
                var content = new JsonArray(new JsonObject { ["type"] = "thinking", ["thinking"] = reasoning });
                if (Head.Text(message["content"]) is { Length: > 0 } text)
                {
                    content.Add(new JsonObject { ["type"] = "text", ["text"] = text });
                }

                message["content"] = content;
            }
        }
    }

    /// <summary>Cohere's form of a JSON schema.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">Under which name it stands: <c>json_schema</c>, or <c>schema</c> in the first version (docs.cohere.com, "Force JSON object response format").</param>
    public static void ResponseFormat(JsonObject request, string name)
    {
        if (request.Object("response_format") is { } format && format.Text("type") is "json_schema")
        {
            var schema = format.Object("json_schema")?.Take("schema") ?? throw new TranslationException("'response_format.json_schema.schema' is required.");
            request["response_format"] = new JsonObject { ["type"] = "json_object", [name] = schema };
        }
    }
}
