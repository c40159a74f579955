using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>How the third generation says what is wrong with a body: 400 and one text (spec/mlflow-gen3.md §B).</summary>
internal static class ThirdGeneration
{
    /// <summary>The refusal of an endpoint that does not exist.</summary>
    public static GatewayException Unknown(string name) => Missing($"GatewayEndpoint not found (name='{name}')");

    /// <summary>The refusal of an endpoint that nothing serves.</summary>
    public static GatewayException WithoutPrimary(string name) => Missing($"Endpoint '{name}' has no PRIMARY models configured");

    /// <summary><paramref name="refusal"/>, if it lists faults, in the third generation's words.</summary>
    /// <param name="refusal">What was found.</param>
    /// <param name="payload">What the body was taken for: <c>chat</c>, <c>embeddings</c>.</param>
    public static GatewayException Refusal(GatewayException refusal, string payload)
    {
        if (refusal.Detail is not JsonArray faults)
        {
            return refusal;
        }

        var first = faults[0]!;
        var text = (string?)first["type"] == "json_invalid"
            ? $"Invalid JSON payload: {(string?)first["ctx"]?["error"]}: line 1 column {(int)first["loc"]![1]! + 1} (char {(int)first["loc"]![1]!})"
            : faults.Any(fault => fault!["loc"] is JsonArray { Count: 1 })
                ? $"Invalid JSON payload: {(string?)first["msg"]}"
                : Describe(faults, payload);
        return new GatewayException(400, text) { Code = refusal.Code, Param = refusal.Param };
    }

    private static string Describe(JsonArray faults, string payload)
    {
        var text = new StringBuilder($"Invalid {payload} payload: {faults.Count} validation error{(faults.Count == 1 ? "" : "s")} for RequestPayload");
        foreach (var fault in faults)
        {
            var path = string.Join('.', ((JsonArray)fault!["loc"]!).Skip(1).Select(part => part!.ToString()));
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{path}\n  {(string?)fault["msg"]} [type={(string?)fault["type"]}]");
        }

        return text.ToString();
    }

    private static GatewayException Missing(string message) => new(404, message)
    {
        Detail = new JsonObject { ["error_code"] = "RESOURCE_DOES_NOT_EXIST", ["message"] = message },
        Code = "model_not_found",
        Type = "invalid_request_error",
        Param = "model",
    };
}
