using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>What the gateway must know of a body that it only forwards.</summary>
internal static class NativeFacts
{
    /// <summary>Reads it; anything else in the body is the provider's to judge.</summary>
    /// <exception cref="GatewayException">400: a stream is asked of an API that has none.</exception>
    public static RequestFacts Of(Surface surface, JsonElement body)
    {
        var asksForStream = body.TryGetProperty("stream"u8, out var stream) && IsTrue(stream);
        if (asksForStream && surface.Speaks == NativeApi.OpenAICompact)
        {
            throw new GatewayException(400, "stream=true is not supported on /responses/compact; compaction is a unary request.") { Param = "stream" };
        }

        var wantsUsage = body.TryGetProperty("stream_options"u8, out var options) && options.ValueKind == JsonValueKind.Object
            && options.TryGetProperty("include_usage"u8, out var include) && include.ValueKind == JsonValueKind.True;
        return new RequestFacts(
            surface.Streams ?? asksForStream,
            wantsUsage,
            ResponsePin.Unmarked(surface, body) is { } id ? new Dictionary<string, JsonNode?> { ["previous_response_id"] = id } : null)
        {
            Choices = Choices(body),
        };
    }

    /// <summary>How many answers OpenAI's shape asks for.</summary>
    public static int Choices(JsonElement body) =>
        body.TryGetProperty("n"u8, out var n) && n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out var count) && count > 1 ? count : 1;

    // As MLflow: whatever Python counts as true, so that "false" in quotes is.
    private static bool IsTrue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Number => value.GetDouble() != 0,
        JsonValueKind.Object => value.EnumerateObject().MoveNext(),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => false,
    };
}
