using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Routes;

/// <summary>Fills what a route leaves open from app settings, where a provider's field names some (<c>AWS_REGION</c>).</summary>
internal static class ProviderSettings
{
    /// <summary>A call as the provider's functions see it, before there is one: what tells where a target is and how it is signed.</summary>
    public static ProviderCall Call(Provider provider, string? model, JsonObject config, IConfiguration settings) =>
        new(model ?? "", Fill(provider.Config.Fields, config, settings), Stream: false, Id: "", DateTimeOffset.UnixEpoch);

    // Itself when nothing is filled.
    private static JsonObject Fill(IReadOnlyList<ConfigField> fields, JsonObject config, IConfiguration settings)
    {
        var filled = config;
        foreach (var field in fields)
        {
            JsonNode? value = field.Members is { } members ? Inner(members, config[field.Name] as JsonObject ?? [], settings)
                : config[field.Name] is null ? Setting(field, settings)
                : null;
            if (value is not null)
            {
                filled = ReferenceEquals(filled, config) ? (JsonObject)config.DeepClone() : filled;
                filled[field.Name] = value;
            }
        }

        return filled;
    }

    private static JsonNode? Setting(ConfigField field, IConfiguration settings) =>
        field.Settings.Select(name => settings[name]).FirstOrDefault(text => !string.IsNullOrEmpty(text));

    private static JsonObject? Inner(IReadOnlyList<ConfigField> members, JsonObject config, IConfiguration settings) =>
        Fill(members, config, settings) is var filled && ReferenceEquals(filled, config) ? null : filled;
}
