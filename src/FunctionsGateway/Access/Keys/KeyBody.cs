using System.Globalization;
using System.Text.Json;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Access.Keys;

/// <summary>Reads what a manager says of a key (spec/decisions.md D13).</summary>
internal static class KeyBody
{
    private const int Longest = 64 * 1024;
    private const int LongestText = 256;
    private const int MostRoutes = 1_000;
    private const int LongestGrace = 30 * 24 * 3600;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>The body as an object; an absent one is empty.</summary>
    /// <exception cref="GatewayException">413 or 422.</exception>
    public static async Task<JsonElement> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var bytes = new byte[Longest + 1];
        var length = await request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        if (length > Longest)
        {
            throw new GatewayException(413, $"The body is larger than {Longest} bytes.");
        }

        try
        {
            var body = length == 0 ? "{}"u8.ToArray() : bytes.AsMemory(0, length);
            if (JsonReading.IsBrokenLiteral(body.Span) || JsonReading.FindBrokenText(body.Span, Strict.MaxDepth) is not null)
            {
                throw new JsonException();
            }

            using var json = JsonDocument.Parse(body, Strict);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : throw Invalid("", "Input should be a valid dictionary or object to extract fields from");
        }
        catch (JsonException)
        {
            throw Invalid("", "JSON decode error");
        }
    }

    /// <summary><paramref name="key"/> with what <paramref name="body"/> says; null takes an optional member away.</summary>
    /// <exception cref="GatewayException">422, naming the member.</exception>
    public static GatewayKey Apply(JsonElement body, GatewayKey key, DateTimeOffset now)
    {
        foreach (var member in body.EnumerateObject())
        {
            var (name, value) = (member.Name, member.Value);
            key = name switch
            {
                "name" => key with { Name = value.ValueKind == JsonValueKind.Null ? null : Text(name, value) },
                "owner" => key with { Owner = Text(name, value) },
                "roles" => key with { Roles = Roles(value) },
                "routes" => key with { Routes = value.ValueKind == JsonValueKind.Null ? null : List(name, value) },
                "expires_at" => key with { ExpiresAt = value.ValueKind == JsonValueKind.Null ? null : Time(name, value, now) },
                "disabled" when value.ValueKind is JsonValueKind.True or JsonValueKind.False => key with { IsDisabled = value.GetBoolean() },
                "disabled" => throw Invalid(name, "Input should be a valid boolean"),
                _ => throw Invalid(name, "Extra inputs are not permitted"),
            };
        }

        if (key.Owner.Length == 0 || key.Roles.Count == 0)
        {
            throw Invalid(key.Owner.Length == 0 ? "owner" : "roles", "Field required");
        }

        // Who manages can give themselves another key, so the list would only seem to bind.
        return key.Routes is not null && key.Roles.Contains(Policies.Manage)
            ? throw Invalid("routes", "A key that may manage cannot be confined to routes. Leave out 'routes', or the role 'manage'.")
            : key;
    }

    /// <summary>How long a rotated key's former text works: <c>grace_seconds</c>, default 0.</summary>
    public static TimeSpan Grace(JsonElement body) =>
        !body.TryGetProperty("grace_seconds", out var value) ? TimeSpan.Zero
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var seconds) && seconds is >= 0 and <= LongestGrace ? TimeSpan.FromSeconds(seconds)
        : throw Invalid("grace_seconds", $"Input should be a whole number from 0 to {LongestGrace}");

    private static string Text(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= LongestText } text && !text.Any(char.IsControl)
            ? text
            : throw Invalid(name, $"Input should be a text of 1 to {LongestText} characters");

    private static string[] List(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is > 0 and <= MostRoutes
            ? [.. value.EnumerateArray().Select(item => Text(name, item)).Distinct(StringComparer.Ordinal)]
            : throw Invalid(name, $"Input should be a list of 1 to {MostRoutes} texts");

    private static string[] Roles(JsonElement value) =>
        List("roles", value) is var roles && roles.All(role => role is Policies.Invoke or Policies.Manage)
            ? roles
            : throw Invalid("roles", "Input should be 'invoke' or 'manage'");

    private static DateTimeOffset Time(string name, JsonElement value, DateTimeOffset now) =>
        value.ValueKind == JsonValueKind.String
        && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && value.GetString()!.Contains('T', StringComparison.Ordinal)
            ? time > now ? time.ToUniversalTime() : throw Invalid(name, "The time is past. To end a key now, disable or delete it.")
            : throw Invalid(name, "Input should be a time as RFC 3339 writes it, e.g. 2030-01-31T12:00:00Z");

    private static GatewayException Invalid(string member, string message) =>
        GatewayException.Invalid([new Fault("value_error", member.Length == 0 ? ["body"] : ["body", member], message)]);
}
