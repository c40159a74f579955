using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Gemini's generateContent (spec/providers-own-shape.md §5.1, §5.2), at the Gemini API and at Vertex AI.</summary>
/// <remarks>Members that are not the unified schema's pass under their own names (<c>safetySettings</c>, <c>cachedContent</c>, …).</remarks>
internal static class GeminiShape
{
    private static readonly (string Unified, string Native)[] Parameters =
    [
        ("stop", "stopSequences"), ("n", "candidateCount"), ("max_tokens", "maxOutputTokens"), ("top_k", "topK"), ("top_p", "topP"),
        ("temperature", "temperature"), ("frequency_penalty", "frequencyPenalty"), ("presence_penalty", "presencePenalty"), ("seed", "seed"),
        ("logprobs", "responseLogprobs"), ("top_logprobs", "logprobs"),
    ];

    /// <summary>From the unified chat request.</summary>
    /// <param name="request">The request, changed in place.</param>
    /// <param name="call">The call.</param>
    /// <param name="namesCalls">Whether function calls and responses carry their <c>id</c>, which Vertex AI refuses.</param>
    public static JsonObject Request(JsonObject request, ProviderCall call, bool namesCalls = true)
    {
        ChatShape.RefuseNative(request, Parameters.Where(names => names.Unified is not "top_logprobs"));
        if (request.Number("top_p") > 1)
        {
            throw new TranslationException("top_p should be less than or equal to 1");
        }

        request.Rename("max_completion_tokens", "max_tokens");
        ChatShape.Stop(request, "stop");
        var generation = request.Take("generationConfig") as JsonObject ?? [];
        foreach (var (unified, native) in Parameters)
        {
            if (request.Take(unified) is { } value)
            {
                generation.TryAdd(native, value);
            }
        }

        ResponseFormat(request.Take("response_format"), generation);
        Thinking(request, generation, call.Model);
        GeminiTurns.Rewrite(request, call.Model, namesCalls);
        Tools(request);
        request.Drop("stream", "model", "user", "parallel_tool_calls");
        ChatShape.DropOwn(request);
        if (generation.Count > 0)
        {
            request["generationConfig"] = generation;
        }

        return request;
    }

    /// <summary>From the unified completions request: the prompt is one message, the extra member <c>system_prompt</c> the system's.</summary>
    public static JsonObject Completion(JsonObject request, ProviderCall call, bool namesCalls = true)
    {
        CompletionShape.AsChat(request);
        if (request.Take("system_prompt") is { } system)
        {
            request.Array("messages")!.Insert(0, new JsonObject { ["role"] = "system", ["content"] = system });
        }

        return Request(request, call, namesCalls);
    }

    /// <summary>To the unified answer.</summary>
    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var choices = new JsonArray();
        foreach (var candidate in Head.Objects(answer.Array("candidates") ?? []))
        {
            var parts = new GeminiParts(candidate, choices.Count, new());
            choices.Add(parts.Choice("message", parts.Message));
        }

        if (choices.Count == 0)
        {
            choices.Add(Blocked(answer, "message") ?? throw new MalformedAnswerException("The provider's answer has no 'candidates'."));
        }

        var unified = ChatShape.Answer(new() { ["choices"] = choices }, call);
        unified["id"] = answer.Text("responseId") ?? unified.Text("id");
        unified["usage"] = Tokens(answer.Object("usageMetadata") ?? []);
        Rest(answer, unified);
        return unified;
    }

    /// <summary>Keeps what an answer, or a part of one, tells beside its candidates: <c>modelVersion</c>, <c>promptFeedback</c>, ….</summary>
    public static void Rest(JsonObject answer, JsonObject unified) => Head.KeepRest(answer, unified, "candidates", "responseId", "usageMetadata");

    /// <summary>The choice of a prompt that was blocked, for which there are no candidates; null when it was not.</summary>
    public static JsonObject? Blocked(JsonObject answer, string member)
    {
        if (answer.Object("promptFeedback")?.Text("blockReason") is not { } reason)
        {
            return null;
        }

        return new()
        {
            ["index"] = 0,
            [member] = new JsonObject { ["role"] = "assistant", ["content"] = null, ["refusal"] = $"blocked: {reason}" },
            ["finish_reason"] = "content_filter",
            ["native_finish_reason"] = reason,
        };
    }

    /// <summary>The unified usage: thoughts and the prompts of tools are counted beside the rest.</summary>
    public static JsonObject Tokens(JsonObject usage)
    {
        var (thoughts, cached) = (usage.Whole("thoughtsTokenCount"), usage.Whole("cachedContentTokenCount"));
        var prompt = usage.Whole("promptTokenCount") + (usage.Whole("toolUsePromptTokenCount") ?? 0);
        var completion = prompt is null ? usage.Whole("candidatesTokenCount") : (usage.Whole("candidatesTokenCount") ?? 0) + (thoughts ?? 0);
        var tokens = Usage.Of(prompt, completion);
        if (usage.Whole("totalTokenCount") is { } total)
        {
            tokens["total_tokens"] = total;
        }

        if (cached is not null)
        {
            tokens["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = cached };
        }

        if (thoughts is not null)
        {
            tokens["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = thoughts };
        }

        Head.KeepRest(usage, tokens, "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount");
        return tokens;
    }

    private static void ResponseFormat(JsonNode? format, JsonObject generation)
    {
        if (format is JsonObject json && json.Text("type") is "json_object" or "json_schema")
        {
            generation["responseMimeType"] = "application/json";
            if (((JsonObject)format).Object("json_schema")?.Take("schema") is { } schema)
            {
                generation["responseJsonSchema"] = schema;
            }
        }
    }

    private static void Thinking(JsonObject request, JsonObject generation, string model)
    {
        if (request.Take("thinkingConfig") is { } native)
        {
            generation["thinkingConfig"] = native;
        }

        if (request.Take("reasoning_effort").Text() is not { } effort || generation.ContainsKey("thinkingConfig"))
        {
            return;
        }

        if (GeminiReasoning.Config(model, effort) is { } config)
        {
            generation["thinkingConfig"] = config;
        }
    }

    private static void Tools(JsonObject request)
    {
        var declarations = new JsonArray();
        foreach (var function in ToolCalls.TakeFunctions(request))
        {
            function.Rename("parameters", "parametersJsonSchema");
            function.Remove("strict");
            declarations.Add(function);
        }

        if (declarations.Count > 0)
        {
            request["tools"] = new JsonArray(new JsonObject { ["functionDeclarations"] = declarations });
        }

        var choice = request.Take("tool_choice");
        var mode = ToolCalls.Named(choice) is not null ? "ANY" : choice.Text() switch { "auto" => "AUTO", "none" => "NONE", "required" => "ANY", _ => null };
        if (mode is not null)
        {
            var calling = request.Within("toolConfig").Within("functionCallingConfig");
            calling["mode"] = mode;
            if (ToolCalls.Named(choice) is { } name)
            {
                calling["allowedFunctionNames"] = new JsonArray(name);
            }
        }
    }
}
