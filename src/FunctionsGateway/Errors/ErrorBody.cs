using System.Text.Json.Nodes;

namespace FunctionsGateway.Errors;

/// <summary>Writes a refusal in a dialect, as a whole answer.</summary>
internal static class ErrorBody
{
    /// <summary>The status that <paramref name="refusal"/> has in <paramref name="dialect"/>: a body at fault is 422 in MLflow's words, 400 in all others'.</summary>
    public static int Status(Dialect dialect, GatewayException refusal) =>
        refusal is { Status: 422, Detail: JsonArray } && dialect is not (Dialect.Mlflow or Dialect.Mlflow3) ? 400 : refusal.Status;

    /// <summary>The body of the answer.</summary>
    public static JsonObject Of(Dialect dialect, GatewayException refusal)
    {
        if (refusal.Native is { } native && dialect is not (Dialect.Mlflow or Dialect.Mlflow3 or Dialect.OpenAIUnified))
        {
            return native;
        }

        var status = Status(dialect, refusal);
        return dialect switch
        {
            Dialect.Mlflow when refusal.Error is { } error => new JsonObject { ["error"] = error, ["detail"] = Detail(refusal) },
            Dialect.Mlflow or Dialect.Mlflow3 => new JsonObject { ["detail"] = Detail(refusal) },
            Dialect.Management => new JsonObject { ["error_code"] = refusal.Code is { } code && !code.Any(char.IsLower) ? code : ManagementCode(status), ["message"] = refusal.Message },
            Dialect.OpenAIUnified => new JsonObject { ["error"] = OpenAIError(refusal, status), ["detail"] = Detail(refusal) },
            Dialect.OpenAI or Dialect.OpenAIResponses => new JsonObject { ["error"] = OpenAIError(refusal, status) },
            Dialect.Anthropic => new JsonObject
            {
                ["type"] = "error",
                ["error"] = new JsonObject { ["type"] = AnthropicType(refusal, status), ["message"] = refusal.Message },
                ["request_id"] = null,
            },
            Dialect.Gemini => new JsonObject
            {
                ["error"] = new JsonObject { ["code"] = status, ["message"] = refusal.Message, ["status"] = GeminiStatus(status) },
            },
            Dialect.Cohere => new JsonObject { ["message"] = refusal.Message },
            _ => new JsonObject
            {
                ["object"] = "error",
                ["message"] = refusal.Message,
                ["type"] = refusal.Type ?? OpenAIType(status),
                ["param"] = refusal.Param,
                ["code"] = refusal.Code,
            },
        };
    }

    private static JsonNode Detail(GatewayException refusal) => refusal.Detail?.DeepClone() ?? JsonValue.Create(refusal.Message);

    internal static JsonObject OpenAIError(GatewayException refusal, int status) => new()
    {
        ["message"] = refusal.Message,
        ["type"] = refusal.Type ?? OpenAIType(status),
        ["param"] = refusal.Param,
        ["code"] = refusal.Code,
    };

    internal static string OpenAIType(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    // https://docs.claude.com/en/api/errors
    private static string AnthropicType(GatewayException refusal, int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 or 529 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => refusal.Type is "overloaded_error" or "timeout_error" ? refusal.Type : "api_error",
        _ => "invalid_request_error",
    };

    // https://cloud.google.com/apis/design/errors#handling_errors
    private static string GeminiStatus(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        502 or 503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        >= 500 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };

    private static string ManagementCode(int status) => status switch
    {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "RESOURCE_DOES_NOT_EXIST",
        409 => "RESOURCE_CONFLICT",
        429 => "REQUEST_LIMIT_EXCEEDED",
        501 => "NOT_IMPLEMENTED",
        503 => "TEMPORARILY_UNAVAILABLE",
        >= 500 => "INTERNAL_ERROR",
        _ => "INVALID_PARAMETER_VALUE",
    };
}
