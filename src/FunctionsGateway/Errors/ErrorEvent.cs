using System.Text.Json.Nodes;

namespace FunctionsGateway.Errors;

/// <summary>Writes a refusal as the last event of a stream, in the form that the dialect's own clients take for an error.</summary>
internal static class ErrorEvent
{
    /// <summary>The event, its blank line included.</summary>
    /// <param name="dialect">In whose words.</param>
    /// <param name="refusal">What happened.</param>
    /// <param name="sequence">The event's number, in a dialect that numbers its events.</param>
    public static byte[] Bytes(Dialect dialect, GatewayException refusal, long sequence = 0)
    {
        var name = dialect switch
        {
            Dialect.Anthropic or Dialect.OpenAIResponses => "event: error\n"u8,
            Dialect.Cohere => "event: message-end\n"u8,
            _ => default,
        };
        return [.. name, .. "data: "u8, .. Data(dialect, refusal, sequence).ToUtf8(), .. "\n\n"u8];
    }

    /// <summary>The event's data.</summary>
    public static JsonObject Data(Dialect dialect, GatewayException refusal, long sequence = 0) => dialect switch
    {
        Dialect.OpenAIUnified => new JsonObject { ["error"] = ErrorBody.OpenAIError(refusal, refusal.Status) },
        Dialect.Mlflow or Dialect.Mlflow3 => new JsonObject
        {
            ["error"] = new JsonObject { ["message"] = refusal.Message, ["type"] = refusal.Type ?? ErrorBody.OpenAIType(refusal.Status) },
        },
        Dialect.OpenAIResponses => new JsonObject
        {
            ["type"] = "error",
            ["sequence_number"] = sequence,
            ["code"] = refusal.Code ?? ErrorBody.OpenAIType(refusal.Status),
            ["message"] = refusal.Message,
            ["param"] = refusal.Param,
        },
        Dialect.Cohere => new JsonObject
        {
            ["type"] = "message-end",
            ["delta"] = new JsonObject { ["error"] = refusal.Message, ["finish_reason"] = "ERROR" },
        },
        _ => ErrorBody.Of(dialect, refusal),
    };
}
