namespace FunctionsGateway.Tests.Porch;

/// <summary>Paths of every kind that clients send, well and badly.</summary>
internal static class PathCorpus
{
    public static readonly string[] Verbs = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    private static readonly string[] Names =
        ["chat", "my.route-1_x", "routes", "limits", "proxy", "mlflow", "openai", "anthropic", "gemini", "invocations", "v1", "a%2Fb", "x y"];

    private static readonly string[] Fixed =
    [
        "", "index.html", "nothing/of/this", "gateway", "endpoints", "api", "api/2.0", "api/2.0/gateway", "v1", "openai", "openai/deployments",
        "health", "health/live", "health/live/more", "docs", "docs/app.js", "docs/a/b.css", "openapi.json", "favicon.ico", "redoc",
        "v1/chat/completions", "v1/completions", "v1/embeddings", "v1/responses", "v1/responses/compact", "v1/responses/other", "v1/models", "v1/models/chat",
        "gateway/mlflow/v1/chat/completions", "gateway/mlflow/v1/completions", "gateway/mlflow/v1/embeddings", "gateway/mlflow/v1/models", "gateway/mlflow/v1/other",
        "gateway/openai/v1/chat/completions", "gateway/openai/v1/completions", "gateway/openai/v1/embeddings", "gateway/openai/v1/responses",
        "gateway/openai/v1/responses/compact", "gateway/openai/v1/models", "gateway/openai/v1",
        "openai/v1/chat/completions", "openai/v1/models", "anthropic/v1/messages", "anthropic/v1/messages/count_tokens", "anthropic/v1/models",
        "gateway/anthropic/v1/messages", "gateway/anthropic/v1/messages/count_tokens", "gateway/anthropic/v1", "gateway/gemini/v1beta", "gateway/gemini/v1beta/models",
        "gemini/v1beta/models", "gemini/v1beta/models/", "cohere", "cohere/v2/chat", "cohere/v2/embed", "cohere/v1/generate",
        "mistral/v1/chat/completions", "mistral/v1/embeddings", "mistral/v1/fim/completions", "mistral/v1/models",
        "api/2.0/gateway/routes", "api/2.0/gateway/limits", "api/2.0/gateway/keys", "api/2.0/gateway/keys/id/rotate", "api/2.0/endpoints", "api/2.0/endpoints/limits",
        "api/2.0/mlflow/gateway-proxy", "ajax-api/2.0/mlflow/gateway-proxy", "api/3.0/mlflow/users/permissions/grant",
    ];

    private static readonly string[] Named =
    [
        "gateway/{0}", "gateway/routes/{0}", "gateway/{0}/invocations", "gateway/{0}/mlflow/invocations", "gateway/{0}/mlflow", "gateway/{0}/other",
        "endpoints/{0}/invocations", "endpoints/{0}", "gateway/proxy/{0}", "gateway/proxy/{0}/v1/messages", "gateway/proxy/{0}/invocations", "gateway/proxy/{0}/mlflow/invocations",
        "openai/deployments/{0}/chat/completions", "openai/deployments/{0}/completions", "openai/deployments/{0}/embeddings", "openai/deployments/{0}/images",
        "gateway/gemini/v1beta/models/{0}:generateContent", "gateway/gemini/v1beta/models/{0}:streamGenerateContent", "gateway/gemini/v1beta/models/{0}:embedContent",
        "gateway/gemini/v1beta/models/{0}", "gemini/v1beta/models/{0}:generateContent", "gemini/v1beta/models/{0}:streamGenerateContent",
        "gemini/v1beta/models/{0}:countTokens", "gemini/v1beta/models/{0}:generateContent/more", "gemini/v1beta/models/:generateContent",
        "api/2.0/gateway/routes/{0}", "api/2.0/gateway/routes/{0}/more", "api/2.0/gateway/limits/{0}", "api/2.0/endpoints/{0}", "api/2.0/endpoints/limits/{0}",
        "api/2.0/gateway/keys/{0}", "api/3.0/gateway/endpoint/{0}", "api/3.0/gateway/route/{0}", "api/3.0/gateway/other/{0}",
    ];

    private static readonly string[] Managed =
        ["secrets/create", "secrets/config", "model-definitions/list", "endpoints/get", "endpoints/models/attach", "endpoints/bindings/list", "budgets/windows",
            "guardrails/list-for-endpoint", "supported-providers", "supported-models", "provider-config", "unknown", ""];

    /// <summary>Every path, with and without a slash at its end, and once in capitals.</summary>
    public static IEnumerable<string> Paths() =>
        Fixed
            .Concat(Named.SelectMany(n => Names.Select(name => string.Format(System.Globalization.CultureInfo.InvariantCulture, n, name))))
            .Concat(new[] { "api/2.0", "api/3.0", "ajax-api/2.0", "ajax-api/3.0", "api/4.0", "other/3.0" }.SelectMany(b => Managed.Select(m => $"{b}/mlflow/gateway/{m}")))
            .SelectMany(p => new[] { p, p + "/", p.ToUpperInvariant() })
            .Select(p => "/" + p)
            .Where(p => p != "//")
            .Distinct();

    public static IEnumerable<(string Verb, string Path)> Requests() => Paths().SelectMany(p => Verbs.Select(v => (v, p)));
}
