using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations;

/// <summary>Sends a response that continues another (<c>previous_response_id</c>) to the target that made that one, since only there it is known.</summary>
/// <remarks>Nothing is stored for it: where an endpoint has several targets, the identifiers that clients get end with a mark of the target, and the mark is
/// taken off again before the identifier goes to the provider. Clients treat identifiers as opaque. An endpoint with one target changes no byte.</remarks>
internal static class ResponsePin
{
    private const string Field = "previous_response_id";
    private const string Sign = "-t";
    private const int Digits = 8;
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>The mark of <paramref name="target"/>; it stays as long as its model definition does.</summary>
    public static string MarkOf(Target target) =>
        Sign + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target.DefinitionId)).AsSpan(0, Digits / 2));

    /// <summary>The mark for the identifiers in the answer of <paramref name="target"/>; null where they stay as they are.</summary>
    public static byte[]? MarkFor(Invocation invocation, Target target) =>
        invocation.Surface.Speaks == NativeApi.OpenAIResponses && invocation.Route.Targets.Count > 1 ? Encoding.ASCII.GetBytes(MarkOf(target)) : null;

    /// <summary>The identifier as the provider knows it; null when <paramref name="body"/> continues nothing, or carries no mark.</summary>
    public static string? Unmarked(Surface surface, JsonElement body) =>
        Continued(surface, body) is { } id && HasMark(id) ? id[..^(Sign.Length + Digits)] : null;

    /// <summary>The only target that can serve a call that continues another; null when it continues nothing, or there is no choice.</summary>
    /// <exception cref="GatewayException">400: the endpoint no longer has the target.</exception>
    public static Target? TargetOf(Invocation invocation)
    {
        var targets = invocation.Route.Targets;
        if (targets.Count < 2 || Continued(invocation.Surface, invocation.Body) is not { } id)
        {
            return null;
        }

        if (!HasMark(id))
        {
            // Made before the endpoint had a second target, so by its first.
            return targets.FirstOrDefault(target => target is { IsFallback: false, LacksSecret: false });
        }

        return targets.FirstOrDefault(target => !target.LacksSecret && id.EndsWith(MarkOf(target), StringComparison.Ordinal))
            ?? throw new GatewayException(400, $"Previous response with id '{id}' not found: the endpoint no longer has the model that made it.")
            {
                Param = Field,
                Code = "previous_response_not_found",
                Type = "invalid_request_error",
            };
    }

    /// <summary><paramref name="json"/>, an answer or the data of an event, with <paramref name="mark"/> behind its response's identifiers; null when it names none.</summary>
    public static byte[]? Marked(ReadOnlySpan<byte> json, ReadOnlySpan<byte> mark)
    {
        Span<int> ends = stackalloc int[4];
        var count = 0;
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            Find(ref reader, isResponse: false, ends, ref count);
        }
        catch (JsonException)
        {
            // Whether it is an answer is for others to say.
            return null;
        }

        if (count == 0)
        {
            return null;
        }

        var marked = new byte[json.Length + (count * mark.Length)];
        var (from, to) = (0, 0);
        foreach (var end in ends[..count])
        {
            json[from..end].CopyTo(marked.AsSpan(to));
            mark.CopyTo(marked.AsSpan(to += end - from));
            (from, to) = (end, to + mark.Length);
        }

        json[from..].CopyTo(marked.AsSpan(to));
        return marked;
    }

    // An answer is a response; an event holds one. Where the texts end is kept.
    private static void Find(ref Utf8JsonReader reader, bool isResponse, scoped Span<int> ends, ref int count)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8) || reader.ValueTextEquals(Field);
            var isInner = !isResponse && reader.ValueTextEquals("response"u8);
            reader.Read();
            if (isId && reader.TokenType == JsonTokenType.String && count < ends.Length)
            {
                ends[count++] = (int)reader.TokenStartIndex + 1 + reader.ValueSpan.Length;
            }
            else if (isInner && reader.TokenType == JsonTokenType.StartObject)
            {
                Find(ref reader, isResponse: true, ends, ref count);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static string? Continued(Surface surface, JsonElement body) =>
        surface.Speaks is NativeApi.OpenAIResponses or NativeApi.OpenAICompact && body.TryGetProperty(Field, out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;

    private static bool HasMark(string id) =>
        id.Length > Sign.Length + Digits && id.AsSpan(id.Length - Digits - Sign.Length).StartsWith(Sign) && !id.AsSpan(id.Length - Digits).ContainsAnyExcept(Hexadecimal);
}
