using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway;

/// <summary>How foreign payloads are written: compact UTF-8, non-ASCII and quotes as they are, as MLflow does.</summary>
internal static class JsonWriting
{
    /// <summary>The writer's settings.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The bytes of <paramref name="json"/>.</summary>
    public static byte[] ToUtf8(this JsonNode json)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Answers with <paramref name="json"/>; the status stays as it is.</summary>
    public static Task WriteJsonAsync(this HttpResponse response, JsonNode json)
    {
        var bytes = json.ToUtf8();
        response.ContentType = "application/json";
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes).AsTask();
    }

    /// <summary>Answers with JSON that is already written; the status stays as it is.</summary>
    public static async ValueTask WriteJsonAsync(this HttpResponse response, ReadOnlyMemory<byte> json, CancellationToken cancellation)
    {
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.BodyWriter.WriteAsync(json, cancellation);
    }
}
