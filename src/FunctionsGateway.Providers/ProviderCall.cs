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
    /// <summary>The configuration's text under <paramref name="field"/>, or <see langword="null"/> when it is absent, null or empty.</summary>
    public string? Text(string field) =>
        Config[field] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
}
