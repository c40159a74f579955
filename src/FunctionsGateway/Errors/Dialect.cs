using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Errors;

/// <summary>In whose words a path says no (spec/decisions.md D4).</summary>
internal enum Dialect
{
    /// <summary><c>{"detail": …}</c>: MLflow's invocations and 2.0 management.</summary>
    Mlflow,

    /// <summary><c>{"detail": …}</c> and nothing beside it: the third generation's invocations.</summary>
    Mlflow3,

    /// <summary><c>{"error_code", "message"}</c>: MLflow's <c>…/mlflow/gateway/…</c> management.</summary>
    Management,

    /// <summary>OpenAI's envelope with <c>detail</c> beside: the unified OpenAI-shaped paths.</summary>
    OpenAIUnified,

    /// <summary><c>{"error": {message, type, param, code}}</c>.</summary>
    OpenAI,

    /// <summary>As <see cref="OpenAI"/>, but with the events of OpenAI's responses.</summary>
    OpenAIResponses,

    /// <summary><c>{"type": "error", "error": {type, message}}</c>.</summary>
    Anthropic,

    /// <summary><c>{"error": {code, message, status}}</c>.</summary>
    Gemini,

    /// <summary><c>{"message": …}</c>: Cohere.</summary>
    Cohere,

    /// <summary><c>{"object": "error", "message", "type", "param", "code"}</c>: Mistral.</summary>
    Mistral,
}

/// <summary>Which dialect a path speaks; decided by the path alone, so that a 404 speaks it too.</summary>
internal static class Dialects
{
    private static readonly (string Prefix, Dialect Dialect)[] ByPrefix =
    [
        ("/v1/", Dialect.OpenAIUnified),
        ("/gateway/mlflow/v1/", Dialect.OpenAIUnified),
        ("/openai/", Dialect.OpenAIUnified),
        ("/gateway/openai/v1/", Dialect.OpenAI),
        ("/anthropic/", Dialect.Anthropic),
        ("/gateway/anthropic/v1/", Dialect.Anthropic),
        ("/gemini/", Dialect.Gemini),
        ("/gateway/gemini/v1beta/", Dialect.Gemini),
        ("/cohere/", Dialect.Cohere),
        ("/mistral/", Dialect.Mistral),
        ("/gateway/proxy/", Dialect.Mlflow3),
        ("/api/2.0/mlflow/gateway", Dialect.Management),
        ("/api/3.0/mlflow/gateway", Dialect.Management),
        ("/api/2.0/mlflow/users/", Dialect.Management),
        ("/api/3.0/mlflow/users/", Dialect.Management),
        ("/ajax-api/2.0/mlflow/users/", Dialect.Management),
        ("/ajax-api/3.0/mlflow/users/", Dialect.Management),
        ("/ajax-api/2.0/mlflow/gateway", Dialect.Management),
        ("/ajax-api/3.0/mlflow/gateway", Dialect.Management),
    ];

    /// <summary>The dialect of <paramref name="path"/>.</summary>
    public static Dialect Of(PathString path)
    {
        var text = path.Value ?? "";
        foreach (var (prefix, dialect) in ByPrefix)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return dialect;
            }
        }

        return text.StartsWith("/gateway/", StringComparison.OrdinalIgnoreCase) && text.TrimEnd('/').EndsWith("/mlflow/invocations", StringComparison.OrdinalIgnoreCase)
            ? Dialect.Mlflow3
            : Dialect.Mlflow;
    }

    /// <summary>The dialect of the events of a stream of <paramref name="path"/>.</summary>
    public static Dialect OfEvents(PathString path)
    {
        var dialect = Of(path);
        return dialect is Dialect.OpenAI or Dialect.OpenAIUnified && path.Value!.TrimEnd('/').EndsWith("/responses", StringComparison.OrdinalIgnoreCase)
            ? Dialect.OpenAIResponses
            : dialect;
    }
}
