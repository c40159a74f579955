using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>A request's JSON body, read whole into a pooled buffer; disposed when the call has ended.</summary>
internal sealed class CallBody : IDisposable
{
    private const int DepthLimit = 64;

    private byte[] _buffer;
    private JsonDocument? _document;

    private CallBody(byte[] buffer) => _buffer = buffer;

    /// <summary>The body: an object.</summary>
    public JsonElement Root { get; private set; }

    /// <summary>Reads and parses the body of <paramref name="request"/>.</summary>
    /// <exception cref="GatewayException">413 when it is larger than <paramref name="limit"/> bytes; 422 when it is no JSON object.</exception>
    public static async ValueTask<CallBody> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        var body = new CallBody(ArrayPool<byte>.Shared.Rent((int)Math.Min(limit + 1, request.ContentLength + 1 ?? 16 * 1024)));
        try
        {
            body.Parse(await body.FillAsync(request, limit, cancellationToken), request.ContentType);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _document?.Dispose();
        _document = null;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask<int> FillAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                _buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }

            var read = await request.Body.ReadAsync(_buffer.AsMemory(length), cancellationToken);
            length += read;
            if (length > limit)
            {
                throw TooLarge(limit);
            }

            if (read == 0)
            {
                return length;
            }
        }
    }

    private void Parse(int length, string? contentType)
    {
        if (length == 0)
        {
            throw GatewayException.Invalid([new Fault("missing", ["body"], "Field required")]);
        }

        if (contentType is not null && !IsJson(contentType))
        {
            throw NotAnObject();
        }

        RequireText(_buffer.AsSpan(0, length));
        try
        {
            _document = JsonDocument.Parse(_buffer.AsMemory(0, length), new JsonDocumentOptions { MaxDepth = DepthLimit, AllowDuplicateProperties = false });
            Root = _document.RootElement;
        }
        catch (JsonException fault)
        {
            throw NotJson(PositionOf(fault, _buffer.AsSpan(0, length)), Describe(fault));
        }

        if (Root.ValueKind != JsonValueKind.Object)
        {
            throw NotAnObject();
        }
    }

    private static string Describe(JsonException fault) =>
        fault.Message.Contains("maximum", StringComparison.Ordinal) ? $"Nested deeper than {DepthLimit} levels"
        : fault.Message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase) ? "A member is written twice"
        : "Expecting value";

    // The parser counts bytes in the line; MLflow counts characters from the start.
    private static int PositionOf(JsonException fault, ReadOnlySpan<byte> body)
    {
        var start = 0;
        for (var line = fault.LineNumber ?? 0; line > 0; line--)
        {
            start += body[start..].IndexOf((byte)'\n') + 1;
        }

        return Encoding.UTF8.GetCharCount(body[..(int)Math.Min(body.Length, start + (fault.BytePositionInLine ?? 0))]);
    }

    // Bytes that are no UTF-8, and escapes that are half a character, are no text; a provider, or our own reading, would stumble over them later.
    private static void RequireText(ReadOnlySpan<byte> body)
    {
        if (JsonReading.IsBrokenLiteral(body))
        {
            throw NotJson(0, "Expecting value");
        }

        if (!Utf8.IsValid(body))
        {
            throw NotJson(0, "The body is not UTF-8");
        }

        if (body.IndexOf("\\u"u8) < 0)
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DepthLimit });
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }
        }
        catch (InvalidOperationException)
        {
            throw NotJson(0, "Unpaired surrogate");
        }
        catch (JsonException)
        {
            // The parser itself says it, with the place.
        }
    }

    private static GatewayException NotJson(int position, string why) => GatewayException.Invalid(
        [new Fault("json_invalid", ["body", position], "JSON decode error", new JsonObject(), new JsonObject { ["error"] = why })]);

    private static bool IsJson(string contentType)
    {
        var media = contentType.AsSpan();
        var end = media.IndexOf(';');
        media = (end < 0 ? media : media[..end]).Trim();
        return media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (media.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && media.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    private static GatewayException NotAnObject() =>
        GatewayException.Invalid([new Fault("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from")]);

    private static GatewayException TooLarge(long limit) =>
        new(413, $"The request body is larger than {limit} bytes. Send less, or have the operator raise Gateway__MaxBodyBytes.") { Code = "request_too_large" };
}
