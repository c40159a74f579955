using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Whether an answer is of the kind that was asked for; the refusal is in MLflow's words (spec/mlflow-gen12.md §6.4).</summary>
internal static class AnswerType
{
    /// <summary>Requires JSON.</summary>
    /// <exception cref="ProviderException">502: it is something else.</exception>
    public static void RequireJson(HttpResponseMessage answer)
    {
        var type = answer.Content.Headers.ContentType?.MediaType;
        if (type is null || !type.EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            throw Unsupported(type);
        }
    }

    /// <summary>Requires events; some servers name no type, or a text's, and send events all the same.</summary>
    /// <exception cref="ProviderException">502: it is something else.</exception>
    public static void RequireEvents(HttpResponseMessage answer)
    {
        var type = answer.Content.Headers.ContentType?.MediaType;
        if (type is "application/json" or "text/html")
        {
            throw Unsupported(type);
        }
    }

    private static ProviderException Unsupported(string? type) =>
        new(502, $"The returned data type from the route service is not supported. Received content type: {type ?? "None"}", isTransient: true)
        {
            Code = "provider_malformed_answer",
        };
}
