using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Cohere's embed (spec/providers-own-shape.md §2.4), at Cohere and at Bedrock.</summary>
internal static class EmbedShape
{
    public static JsonObject Request(JsonObject request, ProviderCall call)
    {
        ChatShape.RefuseNative(request, [("input", "texts")]);
        Texts(request);
        request["model"] = call.Model;
        // Models from the third on refuse a call that does not say what the vectors are for.
        if (call.Model.Contains("v3", StringComparison.OrdinalIgnoreCase) || call.Model.Contains("v4", StringComparison.OrdinalIgnoreCase))
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
        var vectors = answer["embeddings"] as JsonArray ?? (answer["embeddings"] as JsonObject)?.Array("float")
            ?? throw new MalformedAnswerException("The provider's answer has no 'embeddings'.");
        return EmbeddingShape.NewAnswer(call, vectors.Select(EmbeddingShape.Vector), answer.Object("meta")?.Object("billed_units")?.Whole("input_tokens"));
    }

    private static void Texts(JsonObject request)
    {
        var texts = EmbeddingShape.TakeTexts(request.DropNulls());
        request.Drop("encoding_format", "user");
        request.Rename("dimensions", "output_dimension");
        request["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]);
    }
}
