using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The unified chat answer and its chunks (spec/mlflow-gen12.md §5.5, §5.6), given in place to an answer of OpenAI's shape.</summary>
/// <remarks>Every member that the provider sent is kept; those that MLflow writes are there, null where the provider has none.</remarks>
internal static class ChatShape
{
    /// <summary>What holds for a chat request to any provider.</summary>
    /// <exception cref="TranslationException">A tool is a Unity Catalog function, which are not built (spec/decisions.md D11).</exception>
    public static JsonObject Request(JsonObject request)
    {
        if (request.Array("tools")?.Any(tool => (tool as JsonObject)?.Text("type") is "uc_function") == true)
        {
            throw new TranslationException(
                "Tools of type 'uc_function' are not implemented by this gateway; send the function's schema as a tool of type 'function'.", 501);
        }

        return request.DropNulls();
    }

    /// <summary>Drops the members of OpenAI's own requests that other APIs refuse as unknown.</summary>
    public static void DropOwn(JsonObject request) => request.Drop("stream_options", "logit_bias", "logprobs", "top_logprobs", "store", "prediction",
        "modalities", "audio", "verbosity", "safety_identifier", "prompt_cache_key", "web_search_options");

    /// <summary>Takes <c>n</c> away, which the provider does not know: it answers once.</summary>
    /// <exception cref="TranslationException">More than one answer is asked for; <paramref name="who"/> gives one.</exception>
    public static void OneAnswer(JsonObject request, string who)
    {
        if (request.Take("n") is { } n && n.ToJsonString() is not ("1" or "1.0"))
        {
            throw new TranslationException($"'n' must be '1' for {who}. Received value: '{n.ToJsonString()}'.");
        }
    }

    /// <summary>Gives <c>stop</c> the provider's name, as a list.</summary>
    public static void Stop(JsonObject request, string name)
    {
        if (request["stop"].Text() is { } stop)
        {
            request["stop"] = new JsonArray(stop);
        }

        request.Rename("stop", name);
    }

    /// <summary>Scales the unified temperature (0 to 2) to the provider's range.</summary>
    public static void ScaleTemperature(JsonObject request, double factor, double most = double.MaxValue)
    {
        if (request.Number("temperature") is { } temperature)
        {
            request["temperature"] = Math.Min(temperature * factor, most);
        }
    }

    /// <summary>Refuses a provider's own spelling of a unified parameter, as MLflow does.</summary>
    public static void RefuseNative(JsonObject request, IEnumerable<(string Unified, string Native)> names, int status = 422)
    {
        foreach (var (unified, native) in names)
        {
            if (native != unified && request.ContainsKey(native))
            {
                throw new TranslationException($"Invalid parameter {native}. Use {unified} instead.", status);
            }
        }
    }

    /// <summary>Gives <paramref name="answer"/> the unified shape.</summary>
    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        var index = 0;
        foreach (var choice in Head.Choices(answer))
        {
            var message = choice.Object("message") ?? throw new MalformedAnswerException("The provider's answer has a choice without a 'message'.");
            choice.Fill("index", index++);
            message.Fill("role", "assistant");
            message.Ensure("content");
            message.Ensure("tool_calls");
            message.Ensure("refusal");
            foreach (var tool in message.Array("tool_calls")?.OfType<JsonObject>() ?? [])
            {
                // Mistral's have none, and clients tell calls apart by it.
                tool.Fill("type", "function");
            }

            choice.Ensure("finish_reason");
        }

        Head.Ensure(answer, call, "chat.completion", "chatcmpl-");
        Usage.Ensure(answer);
        return answer;
    }

    /// <summary>Gives <paramref name="chunk"/> the unified shape; null when it holds nothing for a caller
    /// (Azure's empty chunk of prompt filter results, and its chunks of filter offsets: spec/providers-openai-family.md §3).</summary>
    public static JsonObject? Chunk(JsonObject chunk, ProviderCall call)
    {
        var choices = Head.ChunkChoices(chunk);
        choices.RemoveAll(choice => choice is JsonObject offsets && offsets["delta"] is null && offsets["finish_reason"] is null
            && offsets.ContainsKey("content_filter_offsets"));
        if (choices.Count == 0 && chunk["usage"] is not JsonObject)
        {
            return null;
        }

        foreach (var choice in Head.Objects(choices))
        {
            UpstreamError.ThrowIfFailed(choice);
            choice.Fill("index", 0);
            choice.Ensure("finish_reason");
            var delta = choice.Within("delta");
            delta.Ensure("role");
            delta.Ensure("content");
            delta.Ensure("tool_calls");
            ToolCalls(delta);
        }

        Head.Ensure(chunk, call, "chat.completion.chunk", "chatcmpl-");
        chunk.Ensure("usage");
        return chunk;
    }

    /// <summary>An answer of one choice, for a provider whose own shape is another.</summary>
    public static JsonObject NewAnswer(ProviderCall call, JsonObject message, string? finishReason) => Answer(
        new() { ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = finishReason }) }, call);

    /// <summary>The last chunk, which tells the usage; it keeps what <paramref name="native"/> holds beside the members <paramref name="told"/>.</summary>
    public static JsonObject LastChunk(JsonObject usage, JsonObject? native = null, params ReadOnlySpan<string> told)
    {
        var chunk = new JsonObject { ["choices"] = new JsonArray(), ["usage"] = usage };
        if (native is not null)
        {
            Head.KeepRest(native, chunk, told);
        }

        return chunk;
    }

    /// <summary>A chunk of one choice, for a provider whose own shape is another.</summary>
    public static JsonObject NewChunk(JsonObject delta, string? finishReason = null) => new()
    {
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finishReason }),
    };

    // Clients add the fragments of a call together, some of them nulls too: so none are sent. Azure and Mistral leave the index out.
    private static void ToolCalls(JsonObject delta)
    {
        if (delta.Array("tool_calls") is not { } calls)
        {
            return;
        }

        var position = 0;
        foreach (var call in Head.Objects(calls))
        {
            call.DropNulls().Ensure("index", position++);
            if (call.ContainsKey("id"))
            {
                call.Ensure("type", "function");
            }

            call.Object("function")?.DropNulls();
        }
    }
}
