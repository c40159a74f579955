using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>A server of Hugging Face's text-generation-inference (spec/providers-openai-family.md §10): completions by generate and generate_stream.
/// For chat, servers of today speak OpenAI's API: route them as <c>openai-compatible</c>.</summary>
public static class HuggingFaceTgi
{
    private const string Url = "hf_server_url", Key = "hf_api_key", Scale = "tgi_temperature_scale";

    // The server refuses 0.
    private const double LeastTemperature = 0.001;

    /// <summary>The provider <c>huggingface-text-generation-inference</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "huggingface-text-generation-inference",
        DisplayName = "Hugging Face Text Generation Inference",
        Config = new(
            [
                new(Url, "The server's address.") { IsRequired = true, IsBaseAddress = true, Aliases = ["api_base"] },
                Field.Key(Key, "A bearer token, for a server behind an authenticating proxy.") with { IsRequired = false },
                new(Scale, "What the temperature is multiplied with; MLflow's is 50, which turns 1.0 into noise.") { Default = "1" },
            ],
            config => config.Text(Scale) is { } text && Factor(text) is null ? $"'{Scale}' must be a number above 0; found '{text}'." : null),
        BaseAddress = call => (call.Text(Url) ?? "").TrimEnd('/'),
        Credential = call => call.Config[Key] is null ? new Credential.None() : new Credential.Bearer(Key),
        Completions = new()
        {
            Path = call => call.Stream ? "/generate_stream" : "/generate",
            Request = Request,
            Response = Answer,
            Stream = (events, call) => Stream(events, call),
        },
    };

    private static double? Factor(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor) && factor > 0 ? factor : null;

    private static JsonObject Request(JsonObject request, ProviderCall call)
    {
        ChatShape.RefuseNative(CompletionShape.Request(request), [("max_tokens", "max_new_tokens")]);
        if (request.Take("n") is { } n && n.ToJsonString() is not ("1" or "1.0"))
        {
            // MLflow's sentence, the missing space included.
            throw new TranslationException($"'n' must be '1' for the Text Generation Inference provider.Received value: '{n.ToJsonString()}'.");
        }

        var prompt = request.Take("prompt");
        request.Rename("max_tokens", "max_new_tokens");
        ChatShape.Stop(request, "stop");
        if (request.Number("temperature") is { } temperature)
        {
            request["temperature"] = Math.Max(temperature * (Factor(call.Text(Scale)) ?? 1), LeastTemperature);
        }

        request.Drop("model", "stream", "user");
        ChatShape.DropOwn(request);
        request["details"] = true;
        if (!call.Stream)
        {
            request["decoder_input_details"] = true;
        }

        return new() { ["inputs"] = prompt, ["parameters"] = request };
    }

    private static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var text = answer.Text("generated_text") ?? throw new MalformedAnswerException("The provider's answer has no 'generated_text'.");
        var details = answer.Object("details");
        var unified = CompletionShape.NewAnswer(call, [text], FinishReason(details?.Text("finish_reason")));
        unified["usage"] = Usage.Of(details?.Array("prefill")?.Count, details?.Whole("generated_tokens"));
        // The prompt's tokens are asked for to count them only.
        details?.Drop("prefill");
        Head.KeepRest(answer, unified, "generated_text");
        return unified;
    }

    // Complete with the event that holds the whole text.
    private static async IAsyncEnumerable<JsonObject> Stream(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Events.Read(item);
            UpstreamError.ThrowIfError(json);
            var (hasText, details) = (json["generated_text"] is not null, json.Object("details"));
            if (json.Object("token") is { } token && token.Flag("special") != true)
            {
                var chunk = CompletionShape.NewChunk(token.Text("text"));
                // The token's probability, and those of its alternatives.
                token.Remove("text");
                Head.KeepRest(json, (JsonObject)chunk["choices"]![0]!, "index", "generated_text", "details");
                yield return Unified(chunk);
            }

            if (hasText)
            {
                yield return Unified(CompletionShape.NewChunk("", FinishReason(details?.Text("finish_reason")) ?? "stop"));
                if (details?.Whole("generated_tokens") is { } tokens)
                {
                    yield return Unified(new() { ["choices"] = new JsonArray(), ["usage"] = Usage.Of(details.Whole("input_length"), tokens) });
                }

                yield break;
            }
        }

        throw Events.CutShort();

        JsonObject Unified(JsonObject chunk) => CompletionShape.Chunk(chunk, call)!;
    }

    private static string? FinishReason(string? reason) => reason is "eos_token" or "stop_sequence" ? "stop" : reason;
}
