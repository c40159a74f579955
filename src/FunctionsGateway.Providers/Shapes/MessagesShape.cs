using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Anthropic's Messages (spec/providers-own-shape.md §1.2): the unified chat request in place, the answer rebuilt.</summary>
/// <remarks>Which rule refuses first is MLflow's order.
/// Members that are neither the unified schema's nor OpenAI's own pass (<c>thinking</c>, <c>top_k</c>, <c>metadata</c>, …).</remarks>
internal static class MessagesShape
{
    private const int DefaultMaxTokens = 8192, MostTokens = 1_000_000;

    /// <summary>From the unified request; whether and where <paramref name="model"/> is named is the caller's to say.</summary>
    public static JsonObject Request(JsonObject request, string model)
    {
        if (request.ContainsKey("temperature") && request.ContainsKey("top_p"))
        {
            throw new TranslationException("Cannot set both 'temperature' and 'top_p' parameters.");
        }

        var hasCap = (request["max_tokens"] ?? request["max_completion_tokens"]) is not null;
        MaxTokens(request);
        OneAnswer(request);
        // All others are read, or dropped, there.
        AssistantMembers.Drop(request, ["reasoning_details", AssistantMembers.Signature, "tool_plan"]);
        AnthropicTurns.Rewrite(request);
        StopSequences(request);
        HalveTemperature(request);
        AnthropicTools.Rewrite(request);
        ResponseFormat(request);
        Effort(request, model, hasCap);
        if (request.Take("user").Text() is { } user)
        {
            request.Within("metadata").Ensure("user_id", user);
        }

        if (ClaudeModel.RefusesSampling(model))
        {
            request.Drop("temperature", "top_p", "top_k");
        }

        // Anthropic refuses them with 'Extra inputs are not permitted'.
        request.Drop("presence_penalty", "frequency_penalty", "seed");
        ChatShape.DropOwn(request);
        return request;
    }

    /// <summary>To the unified answer.</summary>
    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var blocks = answer.Array("content") ?? throw new MalformedAnswerException("The provider's answer has no 'content'.");
        var (text, reasoning) = (new List<string>(), new List<string>());
        var (calls, thinking, rest, citations) = (new JsonArray(), new JsonArray(), new JsonArray(), new AnthropicCitations());
        foreach (var block in Head.Objects(blocks))
        {
            switch (block.Text("type"))
            {
                case "text":
                    text.Add(block.Text("text") ?? "");
                    citations.Add(block.Take("citations") as JsonArray, text[^1]);
                    break;
                case "tool_use":
                    calls.Add(Call(block, Json.Write(block["input"] ?? new JsonObject())));
                    break;
                case "thinking" or "redacted_thinking":
                    reasoning.Add(block.Text("thinking") ?? "");
                    thinking.Add(block.DeepClone());
                    break;
                default:
                    // The traces of server tools have no unified form, but must come back with the next turn.
                    rest.Add(block.DeepClone());
                    break;
            }
        }

        var stopReason = answer.Text("stop_reason");
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = text.Count > 0 ? string.Concat(text) : null,
            ["tool_calls"] = calls.Count > 0 ? calls : null,
            ["refusal"] = stopReason is "refusal" ? answer.Object("stop_details")?.Text("explanation") : null,
        };
        if (thinking.Count > 0)
        {
            // The blocks must come back unchanged, signatures included, while tools are used.
            message["reasoning_content"] = string.Concat(reasoning);
            message["thinking_blocks"] = thinking;
        }

        if (rest.Count > 0)
        {
            message["native_parts"] = rest;
        }

        citations.MoveTo(message);
        var unified = ChatShape.NewAnswer(call, message, FinishReason(stopReason));
        unified["id"] = answer.Text("id") ?? unified.Text("id");
        unified["model"] = answer.Text("model") ?? call.Model;
        var choice = (JsonObject)unified["choices"]![0]!;
        choice["native_finish_reason"] = stopReason;
        Ending(answer, choice);
        unified["usage"] = Tokens(answer.Take("usage") as JsonObject ?? []);
        Head.KeepRest(answer, unified, "content", "role", "type", "stop_reason");
        return unified;
    }

    /// <summary>How an answer ended beside its reason: at which stop sequence.</summary>
    public static void Ending(JsonObject native, JsonObject choice)
    {
        if (native.Take("stop_sequence") is { } sequence)
        {
            choice["stop_sequence"] = sequence;
        }
    }

    /// <summary>The unified tool call of a <c>tool_use</c> block.</summary>
    public static JsonObject Call(JsonObject block, string arguments) => new()
    {
        ["id"] = block.Text("id"),
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = block.Text("name"), ["arguments"] = arguments },
    };

    /// <summary>The unified finish reason of a <c>stop_reason</c> (sdk 1.11.0; MLflow's is a flaw where tools are used).</summary>
    public static string? FinishReason(string? stopReason) => stopReason switch
    {
        null => null,
        "max_tokens" or "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    };

    /// <summary>The unified usage, <paramref name="usage"/> being used up: Anthropic's <c>input_tokens</c> leave out what was read from or written to the cache.</summary>
    public static JsonObject Tokens(JsonObject usage)
    {
        var (read, written) = (usage.Whole("cache_read_input_tokens"), usage.Whole("cache_creation_input_tokens"));
        var tokens = Usage.Of(usage.Whole("input_tokens") + (read ?? 0) + (written ?? 0), usage.Whole("output_tokens"));
        if ((read ?? written) is not null)
        {
            tokens["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = read ?? 0, ["cache_creation_tokens"] = written ?? 0 };
        }

        if (usage.Object("output_tokens_details")?.Whole("thinking_tokens") is { } thoughts)
        {
            tokens["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = thoughts };
        }

        Head.KeepRest(usage, tokens, "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens_details");
        return tokens;
    }

    public static void MaxTokens(JsonObject request)
    {
        request.Rename("max_completion_tokens", "max_tokens");
        request.Fill("max_tokens", DefaultMaxTokens);
        if (request.Number("max_tokens") > MostTokens)
        {
            throw new TranslationException($"Invalid value for max_tokens: cannot exceed {MostTokens}.");
        }
    }

    public static void OneAnswer(JsonObject request)
    {
        ChatShape.OneAnswer(request, "the Anthropic provider");
    }

    public static void StopSequences(JsonObject request) => ChatShape.Stop(request, "stop_sequences");

    // The unified range is 0 to 2, Anthropic's 0 to 1; MLflow scales.
    public static void HalveTemperature(JsonObject request) => ChatShape.ScaleTemperature(request, 0.5);

    private static void ResponseFormat(JsonObject request)
    {
        switch (request.Take("response_format"))
        {
            case JsonObject format when format.Text("type") is "json_schema":
                var schema = format.Object("json_schema")?.Take("schema") ?? throw new TranslationException("'response_format.json_schema.schema' is required.");
                request.Within("output_config").Ensure("format", new JsonObject { ["type"] = "json_schema", ["schema"] = schema });
                break;
            case JsonObject format when format.Text("type") is "json_object":
                // Anthropic has no form for "any JSON object": its schemas must name every property.
                AnthropicTurns.AddSystem(request, "Answer with one JSON object and nothing else.");
                break;
            default:
                break;
        }
    }

    private static void Effort(JsonObject request, string model, bool hasCap)
    {
        if (request.Take("reasoning_effort").Text() is not { } effort || request.ContainsKey("thinking"))
        {
            return;
        }

        var mustCall = request.Object("tool_choice")?.Text("type") is "any" or "tool";
        if (ClaudeReasoning.Rewrite(request, model, effort, hasCap ? request.Number("max_tokens") : null, mustCall, request.Array("messages")!))
        {
            request.Drop("temperature", "top_k");
            ClaudeReasoning.KeepTopP(request, "top_p");
            if (!hasCap)
            {
                ClaudeReasoning.Widen(request, DefaultMaxTokens);
            }
        }
    }
}
