using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Cohere's embed (spec/providers-own-shape.md §2.4), at Cohere and at Bedrock.</summary>
internal static class EmbedShape
{
    /// <summary>From the unified request, for the first version of the API or the second (docs.cohere.com, "Embed API (v2)").</summary>
    public static JsonObject Request(JsonObject request, ProviderCall call, bool isSecond)
    {
        ChatShape.RefuseNative(request, [("input", "texts")]);
        Texts(request);
        request["model"] = call.Model;
        if (isSecond)
        {
            request.Ensure("input_type", "search_document");
            request.Ensure("embedding_types", new JsonArray("float"));
        }

        // Models from the third on refuse a call that does not say what the vectors are for.
        else if (call.Model.Contains("v3", StringComparison.OrdinalIgnoreCase) || call.Model.Contains("v4", StringComparison.OrdinalIgnoreCase))
        {
            request.Ensure("input_type", "search_document");
        }

        return request;
    }

    public static JsonObject Bedrock(JsonObject request)
    {
        Texts(request);
        request.Remove("model");
        request.Ensure("input_type", "search_document");
        return request;
    }

    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var byType = answer.Object("embeddings");
        // Who asked for other numbers than floats has them in their place.
        var (type, value) = byType?.FirstOrDefault(one => one.Key is "float") is { Value: JsonArray } floats ? floats : byType?.FirstOrDefault() ?? default;
        var vectors = answer.Array("embeddings") ?? value as JsonArray ?? throw new MalformedAnswerException("The provider's answer has no 'embeddings'.");
        var unified = EmbeddingShape.NewAnswer(call, vectors.Select(vector => EmbeddingShape.Vector(vector, mayBeText: type is "base64")), Tokens(answer, call));
        if (byType?.Count > 1)
        {
            foreach (var (item, index) in unified.Array("data")!.OfType<JsonObject>().Select((item, index) => (item, index)))
            {
                item["embeddings_by_type"] = new JsonObject(byType.Where(one => (one.Value as JsonArray)?.Count > index)
                    .Select(one => KeyValuePair.Create(one.Key, one.Value![index]?.DeepClone())));
            }
        }

        // The texts are but the request's.
        Head.KeepRest(answer, unified, "embeddings", "texts", "response_type");
        return unified;
    }

    private static long? Tokens(JsonObject answer, ProviderCall call) => answer.Object("meta")?.Object("billed_units")?.Whole("input_tokens") ?? BedrockHeaders.Prompt(call);

    private static void Texts(JsonObject request)
    {
        var texts = EmbeddingShape.TakeTexts(request.DropNulls());
        request.Drop("encoding_format", "user");
        request.Rename("dimensions", "output_dimension");
        request["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);
    }
}
