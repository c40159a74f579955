using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>What a provider said when it refused or failed, read from any of the bodies that providers use
/// (spec/providers-openai-family.md §1.2, spec/providers-own-shape.md §1.4, §5.5, §7.8).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">The provider's sentence; its raw text, cut to 2 kB, when the body has none of the known forms; never empty.</param>
/// <param name="Type">The provider's error type; null when it names none.</param>
/// <param name="Code">The provider's error code as text; null when it names none.</param>
/// <param name="Param">The request field that the provider blames; null when it names none.</param>
public sealed record UpstreamError(int Status, string Message, string? Type = null, string? Code = null, string? Param = null)
{
    private const int LongestText = 2048;

    /// <summary>What the caller is told when the provider refused the gateway's own key (spec/decisions.md D7).</summary>
    public const string CredentialRefused = "The provider refused the gateway's credential.";

    /// <summary>How long to wait before the next try, where the body says it (Gemini's <c>retryDelay</c>).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether it refuses the request for <paramref name="parameter"/>, by its name or in its sentence.</summary>
    public bool Blames(string parameter) => Status is 400 or 422 && (Param == parameter || Message.Contains(parameter, StringComparison.Ordinal));

    /// <summary>Whether the fault lies with the key: 401, 402, 403, or a 400 whose sentence begins as those of Gemini and xAI that refuse a key.</summary>
    public bool IsCredentialFailure =>
        Status is 401 or 402 or 403 || (Status == 400 && Array.Exists(KeyRefusals, begin => Message.StartsWith(begin, StringComparison.OrdinalIgnoreCase)));

    // A client's own fault may speak of keys as well, and is the client's to read.
    private static readonly string[] KeyRefusals = ["API key not valid", "API key expired", "API key not found", "API key invalid", "Incorrect API key provided"];

    /// <summary>Reads an error answer.</summary>
    /// <param name="status">The answer's HTTP status.</param>
    /// <param name="contentType">The answer's content type; not trusted, since proxies and providers mislabel errors.</param>
    /// <param name="body">The answer's body, or as much of it as was read.</param>
    /// <param name="type">The error type, where a header names it; the body's own goes before.</param>
    public static UpstreamError Read(int status, string? contentType, ReadOnlySpan<byte> body, string? type = null)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestText)]).Trim('\uFFFD', ' ', '\r', '\n', '\t', '\uFEFF');
        if (contentType?.Contains("html", StringComparison.OrdinalIgnoreCase) == true)
        {
            // A proxy's page tells a caller nothing that the status does not.
            return new(status, Silence(status), type);
        }

        var error = Parsed(body) is { } json ? From(status, json, text) : new(status, text.Length > 0 ? text : Silence(status));
        // AWS writes 'ThrottlingException:http://…' in its header.
        return error.Type is null && type is not null ? error with { Type = type.Split(':')[0] } : error;
    }

    /// <summary>The same error as a caller of the gateway is told it, when the refused key was the gateway's.</summary>
    /// <remarks>401, 402 and 403 are 502 with a neutral text, since the caller can mend nothing; 408 and 504 are 504; 529 (Anthropic) and 498 (Groq) are 503;
    /// 4xx and 5xx else pass, 500 included; anything below 400 is 502.</remarks>
    public UpstreamError ForCaller() =>
        IsCredentialFailure ? new(502, CredentialRefused) : this with { Status = StatusForCaller(Status) };

    /// <summary>The status with which the gateway answers for a provider's <paramref name="status"/>.</summary>
    public static int StatusForCaller(int status) => status switch
    {
        401 or 402 or 403 => 502,
        408 or 504 => 504,
        498 or 529 => 503,
        >= 400 and <= 599 => status,
        _ => 502,
    };

    /// <summary>Throws when <paramref name="answer"/>, which came with status 200, is an error.</summary>
    internal static void ThrowIfError(JsonObject answer)
    {
        if (answer["error"] is not null || answer.Text("object") is "error" || answer.Text("type") is "error")
        {
            throw From(0, answer, "").InStream();
        }
    }

    /// <summary>Throws when a choice ended in an error (OpenRouter, Mistral).</summary>
    internal static void ThrowIfFailed(JsonObject choice)
    {
        if (choice["error"] is not null)
        {
            ThrowIfError(choice);
        }

        if (choice.Text("finish_reason") is "error")
        {
            throw new ProviderStreamException("The provider ended the answer with an error.");
        }
    }

    internal ProviderStreamException InStream() => IsCredentialFailure ? new(CredentialRefused) : new(Message, Type, Code, Status);

    /// <summary>Reads an error that came inside a stream, where its own words must tell the status.</summary>
    internal static UpstreamError FromEvent(JsonObject answer) => From(0, answer, "");

    private static UpstreamError From(int status, JsonNode json, string raw)
    {
        // Gemini wraps the errors of its streams in an array.
        var outer = json as JsonObject ?? (json as JsonArray)?.OfType<JsonObject>().FirstOrDefault() ?? [];
        var inner = outer.Object("error") ?? outer.Object("detail") ?? outer;
        // AWS writes 'message' and 'Message'.
        var message = Sentence(inner["message"]) ?? Sentence(inner["error"]) ?? Sentence(outer["message"]) ?? Sentence(outer["detail"])
            ?? Sentence(outer["error_description"])
            ?? Sentence(outer.FirstOrDefault(member => member.Key.Equals("message", StringComparison.OrdinalIgnoreCase)).Value);
        var type = inner.Text("type") ?? inner.Text("status") ?? outer.Text("error_type") ?? outer.Text("__type")?.Split('#')[^1];
        var code = Scalar(inner["code"]) ?? Scalar(outer["code"]) ?? Scalar(outer["error_code"]);
        status = status > 0 ? status : StatusOf(inner, code, type);
        return new(status, message ?? (raw.Length > 0 ? raw : Silence(status)), type, code, inner.Text("param") ?? outer.Text("param"))
        {
            RetryAfter = RetryDelay(inner),
        };
    }

    // Google's RetryInfo: "34s", "0.5s".
    private static TimeSpan? RetryDelay(JsonObject error) => error.Array("details")?.OfType<JsonObject>()
        .Select(detail => detail.Text("retryDelay"))
        .Select(delay => delay is { Length: > 1 } && delay.EndsWith('s')
            && double.TryParse(delay.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e6
                ? TimeSpan.FromSeconds(Math.Ceiling(seconds)) : (TimeSpan?)null)
        .FirstOrDefault(delay => delay is not null);

    private static string? Sentence(JsonNode? node) => node switch
    {
        JsonValue when node.Text() is { Length: > 0 } text => Cut(text),
        JsonObject json => Sentence(json["detail"]) ?? Sentence(json["message"]) ?? Sentence(json["msg"]),
        JsonArray { Count: > 0 } list when list.Select(item => item is JsonObject json ? Sentence(json["msg"]) ?? Sentence(json["message"]) : Sentence(item))
            .OfType<string>().ToArray() is { Length: > 0 } sentences => Cut(string.Join("; ", sentences)),
        _ => null,
    };

    private static string? Scalar(JsonNode? node) => node is JsonValue ? node.Text() ?? node.ToJsonString() : null;

    private static int StatusOf(JsonObject error, string? code, string? type) =>
        int.TryParse(code, out var number) && number is >= 400 and <= 599 ? number
        : error.Whole("status") is { } status and >= 400 and <= 599 ? (int)status
        : (type, code) switch
        {
            ("invalid_request_error", _) => 400,
            ("authentication_error", _) => 401,
            ("billing_error", _) => 402,
            ("permission_error", _) => 403,
            ("not_found_error", _) => 404,
            ("request_too_large", _) => 413,
            ("rate_limit_error", _) or (_, "rate_limit_exceeded") or ("insufficient_quota", _) or (_, "insufficient_quota") => 429,
            ("api_error", _) or ("server_error", _) or (_, "server_error") => 500,
            ("timeout_error", _) => 504,
            ("overloaded_error", _) or ("UNAVAILABLE", _) => 529,
            ("INVALID_ARGUMENT" or "FAILED_PRECONDITION", _) => 400,
            ("RESOURCE_EXHAUSTED", _) => 429,
            _ => 502,
        };

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText];

    private static string Silence(int status) => $"The provider answered {status} without a message.";

    private static JsonNode? Parsed(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: Json.Strict) is { } node and (JsonObject or JsonArray) ? node : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
