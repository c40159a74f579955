using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations;

/// <summary>What embeddings need beyond a translation: several calls where a provider takes few texts at once, and the base64 that some SDKs want.</summary>
internal static class EmbeddingBatches
{
    private const int MostAtOnce = 4;

    /// <summary>Sends one request of any operation; gives its unified answer.</summary>
    internal delegate ValueTask<JsonObject> Sender(JsonObject request, CancellationToken cancellationToken);

    /// <summary>The answer to <paramref name="request"/>, by as many calls as the provider needs; any other operation is one call.</summary>
    /// <param name="request">The unified request.</param>
    /// <param name="most">How many texts the provider takes in one call; null when any number.</param>
    /// <param name="send">Sends one part.</param>
    /// <param name="cancellationToken">Fires when the client is gone.</param>
    public static async ValueTask<JsonObject> AnswerAsync(JsonObject request, int? most, Sender send, CancellationToken cancellationToken)
    {
        var isBase64 = request["encoding_format"] is JsonValue format && format.TryGetValue(out string? name) && name == "base64";
        var answer = most is { } limit && request["input"] is JsonArray input && input.Count > limit
            ? await InPartsAsync(request, input, limit, send, cancellationToken)
            : await send(request, cancellationToken);
        return isBase64 ? EmbeddingAnswers.AsBase64(answer) : answer;
    }

    private static async ValueTask<JsonObject> InPartsAsync(JsonObject request, JsonArray input, int most, Sender send, CancellationToken cancellationToken)
    {
        request.Remove("input");
        var parts = input.Chunk(most).Select(texts =>
        {
            var part = (JsonObject)request.DeepClone();
            part["input"] = new JsonArray([.. texts.Select(text => text?.DeepClone())]);
            return part;
        }).ToArray();
        var answers = new JsonObject[parts.Length];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, parts.Length),
            new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken },
            async (i, token) => answers[i] = await send(parts[i], token));
        return EmbeddingAnswers.Join(answers);
    }
}
