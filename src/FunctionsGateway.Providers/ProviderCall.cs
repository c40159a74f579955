using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>All that a translation may know of a call; it brings the identifier and the time, so that a translation is a function of its arguments.</summary>
/// <param name="Model">The configured model (or deployment) name; empty when the route names none.</param>
/// <param name="Config">The target's configuration without its secret values (a secret field holds its reference, or is absent).</param>
/// <param name="Stream">Whether the caller asked for a stream.</param>
/// <param name="Id">A fresh identifier for answers of providers that send none: 32 lower-case hexadecimal digits.</param>
/// <param name="Time">The time of the call; answers carry it as Unix seconds in <c>created</c>.</param>
public sealed record ProviderCall(string Model, JsonObject Config, bool Stream, string Id, DateTimeOffset Time)
{
    /// <summary>How many answers the caller asked for (<c>n</c>), at least 1: a stream that ends without its end marker is complete when so many are finished.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Those headers of the provider's answer that <see cref="Operation.AnswerHeaders"/> asks for, under the names given there; empty before there is an answer.</summary>
    public IReadOnlyDictionary<string, string> AnswerHeaders { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The configuration's text under <paramref name="field"/>, or <see langword="null"/> when it is absent, null or empty.</summary>
    public string? Text(string field) => Field(Config, field) is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    /// <summary>The configuration's whole number under <paramref name="field"/>, written as a number or as text; null when there is none.</summary>
    public long? Whole(string field) => Number(Field(Config, field));

    internal static long? Number(JsonNode? node) =>
        long.TryParse(node.Text() ?? node?.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>What <paramref name="config"/> holds under <paramref name="field"/>; a dot leads into an object (<c>aws_config.aws_region</c>).</summary>
    public static JsonNode? Field(JsonObject config, string field) => field.IndexOf('.', StringComparison.Ordinal) is var dot and > 0
        ? config[field[..dot]] is JsonObject inner ? Field(inner, field[(dot + 1)..]) : null
        : config[field];
}
