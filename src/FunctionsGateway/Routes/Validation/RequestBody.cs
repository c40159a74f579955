using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Routes.Validation;

/// <summary>Reads the body of a management request: a JSON object of at most 1 MiB and 64 levels.</summary>
internal static class RequestBody
{
    private const int Longest = 1 << 20;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>The object.</summary>
    /// <exception cref="GatewayException">413 or 422, as MLflow words it.</exception>
    public static async Task<JsonObject> ReadAsync(HttpRequest request, CancellationToken cancellation) =>
        await ReadAnyAsync(request, cancellation) as JsonObject ?? throw NoObject();

    /// <summary>The JSON, which need not be an object.</summary>
    /// <exception cref="GatewayException">413 or 422, as MLflow words it.</exception>
    public static async Task<JsonNode?> ReadAnyAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!IsJson(request.ContentType))
        {
            throw NoObject();
        }

        var text = await BytesAsync(request, cancellation);
        if (text.Length == 0)
        {
            throw GatewayException.Invalid([new Fault("missing", ["body"], "Field required")]);
        }

        try
        {
            if (JsonReading.IsBrokenLiteral(text))
            {
                throw new JsonException();
            }

            return JsonReading.FindBrokenText(text, Strict.MaxDepth) is { } position
                ? throw NoJson(position, "Invalid unicode in a string")
                : JsonNode.Parse(text, documentOptions: Strict);
        }
        catch (JsonException fault)
        {
            throw NoJson(Position(text, fault), "Expecting value");
        }
    }

    private static bool IsJson(string? contentType)
    {
        var type = contentType?.Split(';')[0].Trim().ToLowerInvariant();
        return string.IsNullOrEmpty(type) || type == "application/json" || (type.StartsWith("application/", StringComparison.Ordinal) && type.EndsWith("+json", StringComparison.Ordinal));
    }

    private static async Task<byte[]> BytesAsync(HttpRequest request, CancellationToken cancellation)
    {
        var buffer = new MemoryStream();
        var block = new byte[8192];
        for (int read; (read = await request.Body.ReadAsync(block, cancellation)) > 0;)
        {
            buffer.Write(block, 0, read);
            if (buffer.Length > Longest)
            {
                throw new GatewayException(413, $"The body is larger than {Longest} bytes.");
            }
        }

        return buffer.ToArray();
    }

    private static int Position(byte[] text, JsonException fault)
    {
        var line = 0;
        for (var skipped = fault.LineNumber ?? 0; skipped > 0; skipped--)
        {
            line = Array.IndexOf(text, (byte)'\n', line) + 1;
        }

        return line + (int)(fault.BytePositionInLine ?? 0);
    }

    private static GatewayException NoJson(int position, string error) => GatewayException.Invalid(
        [new Fault("json_invalid", ["body", position], "JSON decode error", new JsonObject(), new JsonObject { ["error"] = error })]);

    private static GatewayException NoObject() => GatewayException.Invalid(
        [new Fault("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from")]);
}
