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
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Events.Read(item);
            CohereShape.ThrowIfFailed(json);
            if (json.Flag("is_finished") == true)
            {
                var indexes = (json.Object("response")?.Array("generations")?.OfType<JsonObject>() ?? []).Select((one, i) => one.Whole("index") ?? i).ToList();
                foreach (var index in indexes.Count > 0 ? indexes : [0])
                {
                    yield return Unified(CompletionShape.NewChunk("", CohereShape.FinishReason(json.Text("finish_reason")) ?? "stop", index));
                }

                if (json.Object("response")?.Object("meta") is { } meta)
                {
                    yield return Unified(new() { ["choices"] = new JsonArray(), ["usage"] = CohereShape.Tokens(meta) });
                }

                yield break;
            }

            if (json.Text("text") is { } text)
            {
                yield return Unified(CompletionShape.NewChunk(text, null, json.Whole("index") ?? 0));
            }
        }

        throw Events.CutShort();

        JsonObject Unified(JsonObject chunk) => CompletionShape.Chunk(chunk, call)!;
    }
}
