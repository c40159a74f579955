using System.Globalization;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Routes.Management;

/// <summary>How each provider may be authenticated, as MLflow's user interface asks for it (spec/mlflow-gen3.md §E.1). Members in alphabetical order.</summary>
internal static class ProviderConfigView
{
    /// <summary>The answer of <c>provider-config</c>; a provider that says nothing of its own, or that nobody knows, takes one key.</summary>
    public static JsonObject Of(string provider)
    {
        var modes = ProviderCatalog.Find(provider)?.AuthModes is { Count: > 0 } own
            ? [.. own.Select(mode => Shown(mode, mode.Secrets.Select(Field), mode.Config.Select(Field)))]
            : new[] { Plain(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(provider)) };
        return new JsonObject { ["auth_modes"] = new JsonArray([.. modes]), ["default_mode"] = modes[0]["mode"]!.DeepClone() };
    }

    private static JsonObject Plain(string title) => Shown(
        new AuthMode("api_key", "API Key", $"Use {title} API Key"),
        [Field("api_key", $"{title} API Key", isRequired: true)],
        [Field("api_base", $"{title} API Base URL", isRequired: false)]);

    private static JsonObject Shown(AuthMode mode, IEnumerable<JsonObject> secrets, IEnumerable<JsonObject> config) => new()
    {
        ["config_fields"] = new JsonArray([.. config]),
        ["description"] = mode.Description,
        ["display_name"] = mode.Name,
        ["mode"] = mode.Mode,
        ["secret_fields"] = new JsonArray([.. secrets]),
    };

    private static JsonObject Field(AuthField field)
    {
        var shown = Field(field.Name, Words(field.Name), field.IsRequired);
        if (field.Default is not null)
        {
            shown.Insert(0, "default", field.Default);
        }

        return shown;
    }

    private static JsonObject Field(string name, string description, bool isRequired) => new()
    {
        ["description"] = description,
        ["name"] = name,
        ["required"] = isRequired,
        ["type"] = "string",
    };

    private static string Words(string name) => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name.Replace('_', ' '))
        .Replace("Api", "API", StringComparison.Ordinal).Replace("Aws", "AWS", StringComparison.Ordinal);
}
