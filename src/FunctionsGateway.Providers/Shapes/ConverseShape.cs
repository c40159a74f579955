using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Bedrock's Converse (spec/providers-own-shape.md §7.4): the unified chat request rebuilt, the answer too.</summary>
/// <remarks>Converse refuses members that it does not know, and has a place for those that only the model knows: <c>additionalModelRequestFields</c>.</remarks>
internal static class ConverseShape
{
    private static readonly (string Unified, string Native)[] Parameters =
        [("temperature", "temperature"), ("top_p", "topP"), ("max_tokens", "maxTokens"), ("stop", "stopSequences")];

    // What Converse itself knows beside the unified members.
    private static readonly string[] Own = ["guardrailConfig", "additionalModelResponseFieldPaths", "promptVariables", "requestMetadata", "performanceConfig", "outputConfig", "serviceTier"];

    public static JsonObject Request(JsonObject request, ProviderCall call)
    {
        ChatShape.OneAnswer(request, "the Amazon Bedrock provider");
        request.Rename("max_completion_tokens", "max_tokens");
        ChatShape.Stop(request, "stop");
        ChatShape.ScaleTemperature(request, 1, most: 1);
        var body = ConverseTurns.Of(request);
        var inference = new JsonObject();
        foreach (var (unified, native) in Parameters)
        {
            if (request.Take(unified) is { } value)
            {
                inference[native] = value;
            }
        }

        Tools(request, body);
        ResponseFormat(request.Take("response_format"), body);
        request.Drop("stream", "model", "user", "presence_penalty", "frequency_penalty", "seed", "parallel_tool_calls");
        ChatShape.DropOwn(request);
        foreach (var name in Own)
        {
            if (request.Take(name) is { } value)
            {
                body[name] = value;
            }
        }

        var more = request.Take("additionalModelRequestFields") as JsonObject ?? [];
        request.MoveTo(more);
        var wanted = body.Object("toolConfig")?.Object("toolChoice");
        ConverseReasoning.Rewrite(more, inference, call.Model, wanted?.ContainsKey("any") == true || wanted?.ContainsKey("tool") == true, body.Array("messages")!);
        if (ClaudeModel.RefusesSampling(call.Model))
        {
            inference.Drop("temperature", "topP");
            more.Drop("top_k");
        }

        if (inference.Count > 0)
        {
            body["inferenceConfig"] = inference;
        }

        if (more.Count > 0)
        {
            body["additionalModelRequestFields"] = more;
        }

        return body;
    }

    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var blocks = answer.Object("output")?.Object("message")?.Array("content") ?? throw new MalformedAnswerException("The provider's answer has no 'output.message.content'.");
        var (text, reasoning, calls, thinking) = (new List<string>(), new List<string>(), new JsonArray(), new JsonArray());
        var (citations, rest) = (new JsonArray(), new JsonArray());
        foreach (var block in Head.Objects(blocks))
        {
            if (block.Text("text") is { } words)
            {
                text.Add(words);
            }
            else if (block.Object("toolUse") is { } tool)
            {
                calls.Add(ToolCalls.New(tool.Text("toolUseId"), tool.Text("name"), Json.Write(tool["input"] ?? new JsonObject())));
            }
            else if (block.Object("reasoningContent") is { } thought)
            {
                reasoning.Add(thought.Object("reasoningText")?.Text("text") ?? "");
                thinking.Add(Thinking(thought));
            }
            else if (block.Object("citationsContent") is { } cited)
            {
                text.Add(Head.Text(cited["content"]) ?? "");
                foreach (var citation in cited.Array("citations") ?? [])
                {
                    citations.Add(citation?.DeepClone());
                }
            }
            else
            {
                // Images that a model made, results that it searched: no unified member holds them.
                rest.Add(block.DeepClone());
            }
        }

        var message = new JsonObject { ["role"] = "assistant", ["content"] = text.Count > 0 ? string.Concat(text) : null, ["tool_calls"] = calls.Count > 0 ? calls : null };
        if (thinking.Count > 0)
        {
            message["reasoning_content"] = string.Concat(reasoning);
            message["thinking_blocks"] = thinking;
        }

        if (citations.Count > 0)
        {
            message["citations"] = citations;
        }

        if (rest.Count > 0)
        {
            message["native_parts"] = rest;
        }

        var reason = answer.Text("stopReason");
        var unified = ChatShape.NewAnswer(call, message, FinishReason(reason));
        unified["id"] = BedrockHeaders.Id(call) ?? unified.Text("id");
        unified["choices"]![0]!["native_finish_reason"] = reason;
        unified["usage"] = Tokens(answer.Object("usage") ?? []);
        Head.KeepRest(answer, unified, "output", "stopReason", "usage");
        return unified;
    }

    public static string? FinishReason(string? stopReason) => stopReason switch
    {
        null => null,
        "tool_use" => "tool_calls",
        "max_tokens" or "model_context_window_exceeded" => "length",
        "content_filtered" or "guardrail_intervened" => "content_filter",
        _ => "stop",
    };

    /// <summary>The unified usage; <c>inputTokens</c> leaves out what was read from or written to the cache, as Anthropic's does.</summary>
    public static JsonObject Tokens(JsonObject usage)
    {
        var (read, written) = (usage.Whole("cacheReadInputTokens"), usage.Whole("cacheWriteInputTokens"));
        var tokens = Usage.Of(usage.Whole("inputTokens") + (read ?? 0) + (written ?? 0), usage.Whole("outputTokens"));
        if ((read ?? written) is not null)
        {
            tokens["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = read ?? 0, ["cache_creation_tokens"] = written ?? 0 };
        }

        Head.KeepRest(usage, tokens, "inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens");
        return tokens;
    }

    /// <summary>A thought in the form in which Anthropic's own answers have it, so that it can come back.</summary>
    public static JsonObject Thinking(JsonObject thought) => thought.Text("redactedContent") is { } redacted
        ? new() { ["type"] = "redacted_thinking", ["data"] = redacted }
        : new()
        {
            ["type"] = "thinking",
            ["thinking"] = thought.Object("reasoningText")?.Text("text") ?? "",
            ["signature"] = thought.Object("reasoningText")?.Text("signature"),
        };

    /// <summary>What AWS' names of errors amount to (spec/providers-own-shape.md §7.8); in streams they begin with a small letter.</summary>
    public static UpstreamError Error(UpstreamError error)
    {
        var status = error.Type is not { Length: > 0 } type ? (int?)null : (char.ToUpperInvariant(type[0]) + type[1..]) switch
        {
            "ValidationException" or "ConflictException" => 400,
            "ServiceQuotaExceededException" or "ThrottlingException" => 429,
            "AccessDeniedException" or "UnrecognizedClientException" or "InvalidSignatureException" or "ExpiredTokenException"
                or "IncompleteSignatureException" or "MissingAuthenticationTokenException" or "RequestTimeTooSkewed" or "SignatureDoesNotMatch" => 403,
            "ResourceNotFoundException" => 404,
            "ModelTimeoutException" => 504,
            "ModelErrorException" or "ModelStreamErrorException" => 502,
            "InternalServerException" => 500,
            "ModelNotReadyException" or "ServiceUnavailableException" => 503,
            _ => null,
        };
        var isBusy = status is 429 or 503;
        return error with { Status = status ?? error.Status, RetryAfter = error.RetryAfter ?? (isBusy ? TimeSpan.FromSeconds(1) : null) };
    }

    private static void Tools(JsonObject request, JsonObject body)
    {
        var points = (request.Array("tools") ?? []).Select(tool => tool is JsonObject marked ? ConverseTurns.CachePoint(marked) : null).ToArray();
        var functions = ToolCalls.TakeFunctions(request);
        var choice = request.Take("tool_choice");
        // There is no word for "none"; but a conversation with calls in it must have its tools, if only their names.
        var called = body.Array("messages")!.SelectMany(turn => turn!["content"]!.AsArray())
            .Select(block => (block as JsonObject)?.Object("toolUse")?.Text("name")).OfType<string>().Distinct().ToArray();
        if (functions.Count == 0)
        {
            functions = [.. called.Select(name => new JsonObject { ["name"] = name })];
            points = new JsonObject?[called.Length];
            choice = null;
        }

        if (functions.Count == 0 || (choice.Text() is "none" && called.Length == 0))
        {
            return;
        }

        var tools = functions.Select(function =>
        {
            var spec = new JsonObject { ["name"] = function.Text("name") };
            // The API refuses an empty description.
            if (function.Text("description") is { Length: > 0 } description)
            {
                spec["description"] = description;
            }

            spec["inputSchema"] = new JsonObject { ["json"] = function.Take("parameters") ?? new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() } };
            return (JsonNode)new JsonObject { ["toolSpec"] = spec };
        }).Zip(points, (tool, point) => point is null ? new[] { tool } : [tool, point]).SelectMany(both => both);
        var config = new JsonObject { ["tools"] = new JsonArray([.. tools]) };
        var wanted = ToolCalls.Named(choice) is { } name ? new JsonObject { ["tool"] = new JsonObject { ["name"] = name } }
            : choice.Text() switch { "auto" => new() { ["auto"] = new JsonObject() }, "required" => new() { ["any"] = new JsonObject() }, _ => (JsonObject?)null };
        if (wanted is not null)
        {
            config["toolChoice"] = wanted;
        }

        body["toolConfig"] = config;
    }

    private static void ResponseFormat(JsonNode? format, JsonObject body)
    {
        switch (format)
        {
            case JsonObject json when json.Text("type") is "json_schema":
                var wrapper = json.Object("json_schema") ?? [];
                var schema = wrapper["schema"] ?? throw new TranslationException("'response_format.json_schema.schema' is required.");
                body["outputConfig"] = new JsonObject
                {
                    ["textFormat"] = new JsonObject
                    {
                        ["type"] = "json_schema",
                        ["structure"] = new JsonObject { ["jsonSchema"] = new JsonObject { ["schema"] = Json.Write(schema), ["name"] = wrapper.Text("name") }.DropNulls() },
                    },
                };
                break;
            case JsonObject json when json.Text("type") is "json_object":
                // Converse has no form for "any JSON object".
                var system = body.Array("system") ?? [];
                body["system"] = system;
                system.Add(new JsonObject { ["text"] = "Answer with one JSON object and nothing else." });
                break;
            default:
                break;
        }
    }
}
