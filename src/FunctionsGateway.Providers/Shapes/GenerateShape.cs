using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Cohere's generate (spec/providers-own-shape.md §2.1), at Cohere and at Bedrock.</summary>
internal static class GenerateShape
{
    private static readonly (string Unified, string Native)[] Names = [("stop", "stop_sequences"), ("n", "num_generations")];

    // The unified range is 0 to 2, Cohere's 0 to 5; MLflow scales.
    public const double TemperatureScale = 2.5;

    public static JsonObject Request(JsonObject request)
    {
        // MLflow's status for this provider alone.
        ChatShape.RefuseNative(request, Names, status: 400);
        ChatShape.Stop(request, "stop_sequences");
        request.Rename("n", "num_generations");
        request.Rename("top_k", "k");
        request.Rename("top_p", "p");
        ChatShape.ScaleTemperature(request, TemperatureScale);
        request.Drop("user");
        ChatShape.DropOwn(request);
        return request;
    }

    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        if (answer.Array("generations") is not { Count: > 0 } generations)
        {
            throw new MalformedAnswerException("The provider's answer has no 'generations'.");
        }

        var choices = Head.Objects(generations).Select(one =>
        {
            var choice = new JsonObject { ["text"] = one.Text("text") ?? "", ["finish_reason"] = CohereShape.FinishReason(one.Text("finish_reason")), ["native_finish_reason"] = one.Text("finish_reason") };
            Head.KeepRest(one, choice, "text", "finish_reason");
            return (JsonNode)choice;
        });
        var unified = CompletionShape.Answer(new() { ["id"] = answer.Text("id"), ["choices"] = new JsonArray([.. choices]) }, call);
        unified["usage"] = CohereShape.Tokens(answer.Object("meta"));
        Head.KeepRest(answer, unified, "generations", "prompt");
        return unified;
    }

    public static async IAsyncEnumerable<JsonObject> Stream(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        // Told of each generation at the end, if at all; the end's own reason is that of all others.
        var reasons = new SortedDictionary<long, string?>();
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Events.Read(item);
            CohereShape.ThrowIfFailed(json);
            if (json.Flag("is_finished") == true)
            {
                foreach (var (one, i) in (json.Object("response")?.Array("generations")?.OfType<JsonObject>() ?? []).Select((one, i) => (one, i)))
                {
                    reasons[one.Whole("index") ?? i] = one.Text("finish_reason");
                }

                reasons.TryAdd(0, null);
                foreach (var (index, reason) in reasons)
                {
                    var native = reason ?? json.Text("finish_reason");
                    var end = CompletionShape.NewChunk("", CohereShape.FinishReason(native) ?? "stop", index);
                    end["choices"]![0]!["native_finish_reason"] = native;
                    yield return Unified(end);
                }

                if (json.Object("response")?.Object("meta") is { } meta)
                {
                    yield return Unified(new() { ["choices"] = new JsonArray(), ["usage"] = CohereShape.Tokens(meta) });
                }

                yield break;
            }

            if (json.Text("text") is { } text)
            {
                var index = json.Whole("index") ?? 0;
                reasons.TryAdd(index, null);
                yield return Unified(CompletionShape.NewChunk(text, null, index));
            }
        }

        throw Events.CutShort();

        JsonObject Unified(JsonObject chunk) => CompletionShape.Chunk(chunk, call)!;
    }
}
