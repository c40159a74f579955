using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Completions by Bedrock's InvokeModel, in the body of a model family (spec/providers-own-shape.md §7.3).</summary>
/// <remarks>Streams hold the same JSON as the answer, piece by piece, in base64 (<c>{"bytes":"…"}</c>); a family reads both alike.</remarks>
internal sealed class InvokeShape
{
    private readonly Func<JsonObject, ProviderCall, JsonObject> _request;
    private readonly Func<JsonObject, IEnumerable<Generation>?> _texts;
    private readonly Func<JsonObject, (long? Prompt, long? Completion)> _tokens;
    private readonly bool _streams;

    private InvokeShape(
        Func<JsonObject, ProviderCall, JsonObject> request,
        Func<JsonObject, IEnumerable<Generation>?> texts,
        Func<JsonObject, (long? Prompt, long? Completion)> tokens,
        bool streams = true)
    {
        _request = request;
        _texts = texts;
        _tokens = tokens;
        _streams = streams;
    }

    // Texts, reasons and counts in the words of all families, and echoes of the prompt.
    private static readonly string[] Told =
    [
        "results", "inputTextTokenCount", "completion", "stop_reason", "stop", "type", "generations", "prompt", "completions", "generation",
        "prompt_token_count", "generation_token_count", "outputs", "outputText", "completionReason", "totalOutputTextTokenCount", "tokenCount",
        "text", "finish_reason", "is_finished", "index",
    ];

    /// <summary>The names of the families, in MLflow's order; the last two are not MLflow's.</summary>
    public static IReadOnlyList<string> Families { get; } = ["amazon", "cohere", "ai21", "anthropic", "meta", "mistral"];

    public static InvokeShape Of(string family) => family switch
    {
        "amazon" => Titan,
        "cohere" => Cohere,
        "ai21" => Jurassic,
        "anthropic" => Claude,
        "meta" => Llama,
        _ => Mistral,
    };

    private static InvokeShape Titan { get; } = new(
        TitanRequest,
        json => json.Array("results") is { } results
            ? Head.Objects(results).Select(result => new Generation(result.Text("outputText"), result.Text("completionReason"), Own: result))
            : json.ContainsKey("outputText") ? [new(json.Text("outputText"), json.Text("completionReason"))] : null,
        json => (json.Whole("inputTextTokenCount"),
            json.Array("results")?.OfType<JsonObject>().Select(result => result.Whole("tokenCount")).Aggregate((long?)0, (sum, count) => sum + count)
                ?? json.Whole("totalOutputTextTokenCount")));

    private static InvokeShape Claude { get; } = new(
        ClaudeRequest,
        json => json.ContainsKey("completion") ? [new(json.Text("completion"), json.Text("stop_reason"))] : null,
        _ => default);

    private static InvokeShape Cohere { get; } = new(
        (request, call) =>
        {
            GenerateShape.Request(request);
            if (call.Stream)
            {
                // "Required to support streaming" (docs.aws.amazon.com, "Cohere Command models").
                request["stream"] = true;
            }

            return request;
        },
        json => json.Array("generations") is { } all
            ? Head.Objects(all).Select(one => new Generation(one.Text("text"), one.Text("finish_reason"), one.Whole("index"), one))
            : json.ContainsKey("text") || json.ContainsKey("finish_reason") ? [new(json.Text("text"), json.Text("finish_reason"), json.Whole("index"))] : null,
        _ => default);

    private static InvokeShape Jurassic { get; } = new((request, _) => JurassicShape.Request(request), JurassicShape.Texts, JurassicShape.Tokens, streams: false);

    // Llama and Mistral are not MLflow's; their bodies are in Amazon's guide to the models' parameters.
    private static InvokeShape Llama { get; } = new(
        (request, _) => request.ContainsKey("stop")
            ? throw new TranslationException("Llama's own body has no stop sequences. Leave 'stop' out, or set 'bedrock_completions_api' to 'converse'.")
            : Renamed(request, ("max_tokens", "max_gen_len")),
        json => json.ContainsKey("generation") ? [new(json.Text("generation"), json.Text("stop_reason"))] : null,
        json => (json.Whole("prompt_token_count"), json.Whole("generation_token_count")));

    private static InvokeShape Mistral { get; } = new(
        (request, _) =>
        {
            if (request.Text("prompt") is { } prompt && !prompt.Contains("[INST]", StringComparison.Ordinal))
            {
                request["prompt"] = $"<s>[INST] {prompt} [/INST]";
            }

            return Renamed(request);
        },
        json => json.Array("outputs") is { } outputs ? Head.Objects(outputs).Select(output => new Generation(output.Text("text"), output.Text("stop_reason"), Own: output)) : null,
        _ => default);

    public JsonObject Request(JsonObject request, ProviderCall call)
    {
        if (call.Stream && !_streams)
        {
            throw new TranslationException("The completions streaming route is not implemented for Amazon Bedrock models.", 501);
        }

        request.Drop("stream", "model", "user");
        ChatShape.DropOwn(request);
        return _request(request, call);
    }

    public JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var (prompt, completion) = _tokens(answer);
        var texts = _texts(answer)?.ToList() ?? throw new MalformedAnswerException("The provider's answer has no text of its model family.");
        var choices = texts.Select(one => (JsonNode)Choice(new() { ["text"] = one.Text ?? "", ["finish_reason"] = FinishReason(one.Reason) }, one));
        var unified = CompletionShape.Answer(new() { ["id"] = answer.Text("id") ?? BedrockHeaders.Id(call), ["choices"] = new JsonArray([.. choices]) }, call);
        unified["usage"] = Usage.Of(prompt ?? BedrockHeaders.Prompt(call), completion ?? BedrockHeaders.Completion(call));
        Head.KeepRest(answer, unified, Told);
        return unified;
    }

    public async IAsyncEnumerable<JsonObject> Stream(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var (begun, finished) = (new HashSet<long>(), new HashSet<long>());
        var (prompt, completion) = ((long?)null, (long?)null);
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Piece(ConverseStream.Read(item));
            var (inputs, outputs) = _tokens(json);
            var metrics = json.Object("amazon-bedrock-invocationMetrics");
            prompt = metrics?.Whole("inputTokenCount") ?? inputs ?? prompt;
            completion = metrics?.Whole("outputTokenCount") ?? outputs ?? completion;
            var position = 0;
            foreach (var one in (_texts(json) ?? []).ToList())
            {
                var index = one.Index ?? position;
                position++;
                begun.Add(index);
                if (one.Reason is not null)
                {
                    finished.Add(index);
                }

                var chunk = CompletionShape.NewChunk(one.Text ?? "", FinishReason(one.Reason), index);
                chunk["id"] = BedrockHeaders.Id(call);
                Choice((JsonObject)chunk["choices"]![0]!, one);
                Head.KeepRest(json, chunk, Told);
                yield return CompletionShape.Chunk(chunk, call)!;
            }
        }

        if (finished.Count < call.Choices || !begun.IsSubsetOf(finished))
        {
            throw Events.CutShort();
        }

        if (prompt is not null)
        {
            yield return CompletionShape.Chunk(new() { ["id"] = BedrockHeaders.Id(call), ["choices"] = new JsonArray(), ["usage"] = Usage.Of(prompt, completion) }, call)!;
        }
    }

    // What a family tells of one text beside it stays with its choice.
    private static JsonObject Choice(JsonObject choice, Generation one)
    {
        choice["native_finish_reason"] = one.Reason;
        if (one.Own is { } own)
        {
            Head.KeepRest(own, choice, Told);
        }

        return choice;
    }

    private static string? FinishReason(string? reason) => reason?.ToUpperInvariant() switch
    {
        null => null,
        "LENGTH" or "MAX_TOKENS" or "ERROR_LIMIT" => "length",
        "CONTENT_FILTERED" or "ERROR_TOXIC" => "content_filter",
        "ERROR" or "TIMEOUT" => throw new ProviderStreamException("The provider ended the answer with an error."),
        _ => "stop",
    };

    private static JsonObject Piece(JsonObject json)
    {
        try
        {
            return Json.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(json.Text("bytes") ?? throw new MalformedAnswerException("The provider sent a frame without 'bytes'."))));
        }
        catch (FormatException)
        {
            throw new MalformedAnswerException("The provider sent a frame whose 'bytes' are not base64.");
        }
    }

    private static JsonObject TitanRequest(JsonObject request, ProviderCall call)
    {
        ChatShape.OneAnswer(request, "AWS Titan models");
        ChatShape.ScaleTemperature(request, 0.5);
        ChatShape.Stop(request, "stopSequences");
        request.Rename("max_tokens", "maxTokenCount");
        request.Rename("top_p", "topP");
        var body = new JsonObject { ["inputText"] = request.Take("prompt") };
        if (request.Count > 0)
        {
            body["textGenerationConfig"] = request;
        }

        return body;
    }

    private static JsonObject ClaudeRequest(JsonObject request, ProviderCall call)
    {
        request = CompleteShape.Request(request, call with { Stream = false });
        request.Remove("model");
        request["max_tokens_to_sample"] = Math.Min(request.Number("max_tokens_to_sample") ?? 8191, 8191);
        var stops = request.Array("stop_sequences") ?? [];
        request["stop_sequences"] = stops;
        if (!stops.Any(stop => stop.Text() is "\n\nHuman:"))
        {
            stops.Add("\n\nHuman:");
        }

        request["anthropic_version"] = "bedrock-2023-05-31";
        return request;
    }

    private static JsonObject Renamed(JsonObject request, params ReadOnlySpan<(string From, string To)> names)
    {
        ChatShape.OneAnswer(request, "this model family of Amazon Bedrock");
        ChatShape.Stop(request, "stop");
        ChatShape.ScaleTemperature(request, 0.5);
        foreach (var (from, to) in names)
        {
            request.Rename(from, to);
        }

        return request;
    }
}
