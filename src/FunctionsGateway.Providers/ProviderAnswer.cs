using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>Reading a provider's unary answer, so that <see cref="Operation.Response"/> meets nothing but an object whose members are each written once.</summary>
public static class ProviderAnswer
{
    /// <summary>The object that <paramref name="body"/> is; blank lines before it are no fault (DeepSeek sends them under load).</summary>
    /// <exception cref="MalformedAnswerException">It is none.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: Json.Strict) as JsonObject
                ?? throw new MalformedAnswerException("The provider's answer is not a JSON object.");
        }
        catch (JsonException)
        {
            throw new MalformedAnswerException("The provider's answer is not valid JSON.");
        }
    }
}
