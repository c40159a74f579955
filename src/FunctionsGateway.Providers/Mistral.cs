using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Mistral (spec/providers-openai-family.md §6): OpenAI's shape with some names of its own and none that it does not know.</summary>
public static class Mistral
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly OpenAIDialect Dialect = new()
    {
        TakesIncludeUsage = static _ => false,
        RefusesStreamOptions = true,
        Request = Request,
        Parts = static () => new("mistral", between: "", Thought),
        Refuses = ["refusal", "name", "audio", "function_call"],
    };

    /// <summary>The provider <c>mistral</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("mistral", "Mistral", "https://api.mistral.ai/v1", Dialect) with
    {
        Completions = Dialect.Completions with { Request = Completion },
        Embeddings = Dialect.Embeddings with { Request = Embedding },
        OwnHosts = ["api.mistral.ai", ".api.mistral.ai", "api.eu.mistral.ai", "api.us.mistral.ai", "codestral.mistral.ai"],
        Native = new Dictionary<NativeApi, NativeOperation>
        {
            [NativeApi.MistralChat] = new(_ => "/chat/completions") { RefusesStreamOptions = true },
            [NativeApi.MistralEmbeddings] = new(_ => "/embeddings"),
            [NativeApi.MistralFim] = new(_ => "/fim/completions") { RefusesStreamOptions = true },
        },
    };

    // MLflow halves the temperature of completions, and of them alone.
    private static JsonObject Completion(JsonObject request, ProviderCall call)
    {
        MessagesShape.HalveTemperature(request);
        return Dialect.Completions.Request(request, call);
    }

    private static JsonObject Thought(string text) => new() { ["type"] = "thinking", ["thinking"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }) };

    // docs.mistral.ai, "Embeddings".
    private static JsonObject Embedding(JsonObject request, ProviderCall call)
    {
        request.Rename("dimensions", "output_dimension");
        return Dialect.Embeddings.Request(request, call);
    }

    private static void Request(JsonObject request, ProviderCall call)
    {
        request.Rename("seed", "random_seed");
        request.Rename("max_completion_tokens", "max_tokens");
        if (request.Array("tools") is { Count: 0 })
        {
            request.Remove("tools");
        }

        foreach (var message in request.Array("messages")?.OfType<JsonObject>() ?? [])
        {
            foreach (var tool in message.Array("tool_calls")?.OfType<JsonObject>() ?? [])
            {
                Shorten(tool, "id");
            }

            Shorten(message, "tool_call_id");
        }
    }

    // Mistral takes identifiers of nine letters and digits; the same foreign one always becomes the same, so that call and result still meet.
    private static void Shorten(JsonObject json, string name)
    {
        if (json.Text(name) is { } id && !(id.Length == 9 && id.All(char.IsAsciiLetterOrDigit)))
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
            json[name] = string.Concat(hash.Take(9).Select(value => Digits[value % Digits.Length]));
        }
    }
}
