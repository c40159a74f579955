using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>The requests and answers of MLflow 2.5 to 2.8, as a translation to and from the second generation's (spec/mlflow-gen12.md §5.1, §5.2).</summary>
internal static class FirstGeneration
{
    private const string Client = "mlflow-python-client/2.";

    /// <summary>Whether <paramref name="body"/> is written in the first generation's words.</summary>
    public static bool IsMeantBy(JsonElement body) =>
        body.TryGetProperty("candidate_count"u8, out _) || body.TryGetProperty("text"u8, out _) || body.TryGetProperty("texts"u8, out _);

    /// <summary>
    /// Whether <paramref name="userAgent"/> is MLflow's own client of 2.5 to 2.8, whose users read <c>candidates</c>, and nothing in <paramref name="body"/> is of a later
    /// generation (mlflow 2.8 tracking/request_header/default_request_header_provider.py: <c>mlflow-python-client/{version}</c>).
    /// </summary>
    public static bool IsSpokenBy(string? userAgent, JsonElement body) =>
        userAgent is not null && userAgent.StartsWith(Client, StringComparison.Ordinal)
        && userAgent.Length > Client.Length + 1 && userAgent[Client.Length] is >= '5' and <= '8' && userAgent[Client.Length + 1] == '.'
        && !body.TryGetProperty("n"u8, out _) && !body.TryGetProperty("input"u8, out _) && !body.TryGetProperty("stream"u8, out _);

    /// <summary>Under which name the texts to embed are given.</summary>
    public static string InputName(JsonElement body) =>
        body.TryGetProperty("text"u8, out _) ? "text" : body.TryGetProperty("texts"u8, out _) ? "texts" : body.TryGetProperty("input"u8, out _) ? "input" : "text";

    /// <summary>Rewrites a request in the second generation's words.</summary>
    /// <exception cref="GatewayException">422: it mixes both generations' words, or asks for a stream, which the first never had.</exception>
    public static void Modernize(JsonObject request, RouteType type, bool isStream)
    {
        if (isStream)
        {
            throw new GatewayException(422, "Invalid parameter `stream`. The 'candidates' answer shape has no streams; ask with `n` and `input` for the 'choices' shape.");
        }

        if (type == RouteType.Embeddings)
        {
            foreach (var name in (ReadOnlySpan<string>)["text", "texts"])
            {
                if (request.Remove(name, out var input))
                {
                    request["input"] = input;
                }
            }

            return;
        }

        if (request.ContainsKey("n"))
        {
            throw new GatewayException(422, "Invalid parameter `n`. Use `candidate_count` instead.");
        }

        if (request.Remove("candidate_count", out var count) && count is not null)
        {
            request["n"] = count;
        }
    }

    /// <summary>Writes a temperature of 0 to 1 as today's for <paramref name="provider"/>.</summary>
    public static void ScaleTemperature(JsonObject request, Provider provider)
    {
        if (request["temperature"] is JsonValue temperature)
        {
            request["temperature"] = temperature.GetValue<double>() * provider.FirstTemperature;
        }
    }

    /// <summary>Rewrites an answer in the first generation's words.</summary>
    /// <param name="answer">The second generation's answer.</param>
    /// <param name="type">What was asked.</param>
    /// <param name="isFlat">Whether one text was given as <c>texts</c>, which the very first form answers with one flat vector.</param>
    public static JsonObject Answer(JsonObject answer, RouteType type, bool isFlat)
    {
        var usage = answer["usage"] as JsonObject;
        var metadata = new JsonObject
        {
            ["input_tokens"] = usage?["prompt_tokens"]?.DeepClone(),
            ["output_tokens"] = type == RouteType.Embeddings ? 0 : usage?["completion_tokens"]?.DeepClone(),
            ["total_tokens"] = usage?["total_tokens"]?.DeepClone(),
            ["model"] = answer["model"]?.DeepClone(),
            ["route_type"] = type.ToWire(),
        };
        if (type == RouteType.Embeddings)
        {
            var vectors = (answer["data"] as JsonArray ?? []).Select(item => item?["embedding"]?.DeepClone()).ToArray();
            return new JsonObject { ["embeddings"] = isFlat && vectors.Length == 1 ? vectors[0] : new JsonArray(vectors), ["metadata"] = metadata };
        }

        var candidates = (answer["choices"] as JsonArray ?? []).Select(choice => Candidate(choice as JsonObject ?? [], type)).ToArray<JsonNode?>();
        return new JsonObject { ["candidates"] = new JsonArray(candidates), ["metadata"] = metadata };
    }

    private static JsonObject Candidate(JsonObject choice, RouteType type)
    {
        var metadata = new JsonObject { ["finish_reason"] = choice["finish_reason"]?.DeepClone() };
        return type == RouteType.Completions
            ? new JsonObject { ["text"] = choice["text"]?.DeepClone(), ["metadata"] = metadata }
            : new JsonObject
            {
                ["message"] = new JsonObject { ["role"] = choice["message"]?["role"]?.DeepClone(), ["content"] = choice["message"]?["content"]?.DeepClone() },
                ["metadata"] = metadata,
            };
    }
}
