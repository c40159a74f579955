using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Limits;

/// <summary>How many tokens a call may use at most, guessed before it is made: the UTF-8 bytes of its text, an allowance for each part that is not text, and the output cap.</summary>
/// <remarks>No tokenizer that works on bytes makes more tokens than bytes. Estimates are reserved and settled, so a generous one costs only concurrency.</remarks>
internal static class TokenEstimate
{
    private const int OutputCap = 4_096;
    private static readonly PartTokens Allowances = new(Image: 1_600, File: 16_000, Audio: 2_000);

    /// <summary>The estimate for <paramref name="body"/>.</summary>
    /// <param name="body">The request body, in any dialect.</param>
    /// <param name="options">The route's output cap and allowances.</param>
    /// <param name="hasOutput">Whether the model writes; false for embeddings.</param>
    public static long Of(JsonElement body, RouteOptionSet options, bool hasOutput)
    {
        var input = Input(body, options.PartTokens ?? Allowances, isSchema: false);
        if (!hasOutput || body.ValueKind != JsonValueKind.Object)
        {
            return input;
        }

        var settings = body.TryGetProperty("generationConfig", out var gemini) && gemini.ValueKind == JsonValueKind.Object ? gemini : body;
        var cap = Largest(settings, "max_completion_tokens", "max_tokens", "max_output_tokens", "maxOutputTokens") ?? options.MaxOutputTokens ?? OutputCap;
        var answers = Largest(settings, "n", "candidate_count", "candidateCount", "best_of") ?? 1;
        var output = (Int128)Math.Max(0, cap) * Math.Max(1, answers);
        return (long)Int128.Min(long.MaxValue / 4, input + output);
    }

    private static long Input(JsonElement json, PartTokens allowances, bool isSchema)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return Bytes(json);
            case JsonValueKind.Array:
                // A number in an array is a token id, or costs no more than its digits.
                return json.EnumerateArray().Sum(item => item.ValueKind == JsonValueKind.Number ? 1 : Input(item, allowances, isSchema));
            case JsonValueKind.Object:
                return Allowance(json, allowances) ?? json.EnumerateObject().Sum(member =>
                {
                    var isTool = isSchema || member.Name is "tools" or "functions" or "response_format";
                    return Input(member.Value, allowances, isTool) + (isTool ? Encoding.UTF8.GetByteCount(member.Name) : 0);
                });
            default:
                return 0;
        }
    }

    private static long? Allowance(JsonElement part, PartTokens allowances)
    {
        var type = part.TryGetProperty("type", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var media = part.TryGetProperty("inlineData", out var data) || part.TryGetProperty("fileData", out data)
            ? data.ValueKind == JsonValueKind.Object && data.TryGetProperty("mimeType", out var mime) ? mime.ToString() : "application/octet-stream"
            : null;
        return type is "image" or "image_url" or "input_image" || media?.StartsWith("image/", StringComparison.Ordinal) == true ? allowances.Image ?? Allowances.Image
            : type is "audio" or "input_audio" || media?.StartsWith("audio/", StringComparison.Ordinal) == true ? allowances.Audio ?? Allowances.Audio
            : type is "file" or "input_file" or "document" || media is not null ? allowances.File ?? Allowances.File
            : null;
    }

    private static long Bytes(JsonElement text)
    {
        var raw = JsonMarshal.GetRawUtf8Value(text);
        return raw.Contains((byte)'\\') ? Encoding.UTF8.GetByteCount(text.GetString()!) : raw.Length - 2;
    }

    private static long? Largest(JsonElement body, params ReadOnlySpan<string> names)
    {
        long? largest = null;
        foreach (var name in names)
        {
            if (body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number))
            {
                largest = Math.Max(largest ?? 0, number < int.MaxValue ? (long)number : int.MaxValue);
            }
        }

        return largest;
    }
}
