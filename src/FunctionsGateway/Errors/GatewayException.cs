using System.Text.Json.Nodes;

namespace FunctionsGateway.Errors;

/// <summary>A refusal: thrown where the fact is known, caught once, written in the dialect of the path.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">A sentence for the caller; it never holds a key.</param>
internal class GatewayException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>What stands under <c>detail</c> on MLflow's paths when that is not the message itself, e.g. a list of faults.</summary>
    public JsonNode? Detail { get; init; }

    /// <summary>The error code: of OpenAI's envelope, or of MLflow's management errors (<c>RESOURCE_ALREADY_EXISTS</c>).</summary>
    public string? Code { get; init; }

    /// <summary>The error type of the native envelopes, e.g. <c>rate_limit_error</c>; by the status when null.</summary>
    public string? Type { get; init; }

    /// <summary>What stands under <c>error</c> beside <c>detail</c> on the first two generations' paths (only 429, spec/decisions.md D5).</summary>
    public string? Error { get; init; }

    /// <summary>The request's field at fault, for OpenAI's <c>param</c>.</summary>
    public string? Param { get; init; }

    /// <summary>The provider's own body, where it refused a call that was forwarded in its own dialect; null otherwise.</summary>
    public JsonObject? Native { get; init; }

    /// <summary>How long to wait before the next try; sent as <c>Retry-After</c> in whole seconds, rounded up.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Further response headers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Response headers that only OpenAI-shaped paths send.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> OpenAIHeaders { get; init; } = [];

    /// <summary>A refusal for faults in the request: 422 with a pydantic-style list (spec/mlflow-gen12.md §6.2).</summary>
    public static GatewayException Invalid(IReadOnlyList<Fault> faults) =>
        new(422, string.Join("; ", faults.Select(f => f.ToString())))
        {
            Detail = new JsonArray([.. faults.Select(f => f.ToJson())]),
            Code = "invalid_value",
            Param = faults[0].Path,
        };
}

/// <summary>One fault in a request, as pydantic reports it.</summary>
/// <param name="Type">The kind, e.g. <c>missing</c>.</param>
/// <param name="Location">Where: names and indexes, beginning with <c>body</c>.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Input">The value at fault; null when there is none to show.</param>
/// <param name="Context">The bounds that were broken.</param>
internal sealed record Fault(string Type, IReadOnlyList<object> Location, string Message, JsonNode? Input = null, JsonObject? Context = null)
{
    /// <summary>The location as a path without <c>body</c>, e.g. <c>messages.0.role</c>.</summary>
    public string Path => string.Join('.', Location.Skip(1));

    /// <summary>The wire form.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["type"] = Type,
            ["loc"] = new JsonArray([.. Location.Select(part => part is int index ? JsonValue.Create(index) : JsonValue.Create(part.ToString()))]),
            ["msg"] = Message,
            ["input"] = Input?.DeepClone(),
        };
        if (Context is not null)
        {
            json["ctx"] = Context.DeepClone();
        }

        return json;
    }

    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
