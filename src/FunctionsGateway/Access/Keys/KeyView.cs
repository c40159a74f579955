using System.Text.Json;
using System.Text.Json.Serialization;

namespace FunctionsGateway.Access.Keys;

/// <summary>A key as answers show it.</summary>
internal sealed record KeyView(
    string KeyId, string? Name, string Owner, IReadOnlyList<string> Roles, IReadOnlyList<string>? Routes, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt, bool Disabled)
{
    /// <summary>The key itself: in the answer to its making only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }

    /// <summary>The view of a key.</summary>
    public static KeyView Of(GatewayKey key, string? text = null) =>
        new(key.Id, key.Name, key.Owner, key.Roles, key.Routes, key.ExpiresAt, key.CreatedAt, key.IsDisabled) { Key = text };
}

/// <summary>A page of keys.</summary>
internal sealed record KeyPage(IReadOnlyList<KeyView> Keys)
{
    /// <summary>Where the next page begins; absent on the last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NextPageToken { get; init; }
}

/// <summary>The JSON of keys: on the wire, and in rows.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(KeyPage))]
[JsonSerializable(typeof(GatewayKey))]
internal sealed partial class KeyJson : JsonSerializerContext
{
    /// <summary>The text that a row holds.</summary>
    public static string Write(GatewayKey key) => JsonSerializer.Serialize(key with { ETag = "" }, Default.GatewayKey);

    /// <summary>The key that <see cref="Write"/> wrote.</summary>
    public static GatewayKey Read(string text, string etag) =>
        (JsonSerializer.Deserialize(text, Default.GatewayKey) ?? throw new JsonException("The row holds no key.")) with { ETag = etag };
}
