using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>What a token endpoint answers, and how such JSON is read: bounded, and never trusted to be of the right type.</summary>
internal static class TokenAnswer
{
    private const int Longest = 64 * 1024;

    // A member that is written twice could be read in two ways.
    private static readonly JsonDocumentOptions Once = new() { AllowDuplicateProperties = false };

    /// <summary>Sends <paramref name="message"/> by the gateway's own door; the JSON is null when the answer is no object, or is longer than 64 KiB.</summary>
    public static async Task<(int Status, JsonObject? Json)> AskAsync(HttpMessageInvoker http, HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using var answer = await http.SendAsync(message, cancellationToken);
        await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[Longest];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return ((int)answer.StatusCode, Parse(bytes.AsSpan(0, length)));
    }

    /// <summary>The object that <paramref name="json"/> is; null when it is none.</summary>
    public static JsonObject? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Once) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The text under <paramref name="name"/>; null when there is none, or an empty one.</summary>
    public static string? Text(this JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    /// <summary>When a token ends that is good for <c>expires_in</c> seconds from now; an hour when that is not said.</summary>
    public static DateTimeOffset Ends(this JsonObject json, TimeProvider time) => time.GetUtcNow().AddSeconds(
        json["expires_in"] is JsonValue lifetime && lifetime.TryGetValue(out double given) && given is > 0 and < 1e8 ? given : 3600);
}
