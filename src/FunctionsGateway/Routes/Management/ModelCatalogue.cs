using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Routes.Management;

/// <summary>The models that <c>supported-models</c> lists: those of <c>models.json</c>, whose figures and dates are MLflow's (mlflow/utils/model_catalog at a3e9eb42), or the operator's own
/// instead: a folder with one <c>{provider}.json</c> for each provider, in MLflow's form, named by <c>MLFLOW_MODEL_CATALOG_URI</c> (<c>file://…</c>) and read
/// again after <c>MLFLOW_MODEL_CATALOG_CACHE_TTL</c> seconds.</summary>
/// <remarks>It is an aid for choosing: a model that is not listed can be called all the same, and what a call costs is the provider's to say.</remarks>
internal sealed partial class ModelCatalogue(IConfiguration settings, TimeProvider time, ILogger<ModelCatalogue> logger)
{
    private readonly string? _folder = Uri.TryCreate(settings["MLFLOW_MODEL_CATALOG_URI"], UriKind.Absolute, out var uri) && uri.IsFile ? uri.LocalPath : null;
    private readonly TimeSpan _freshFor = TimeSpan.FromSeconds(double.TryParse(settings["MLFLOW_MODEL_CATALOG_CACHE_TTL"], System.Globalization.CultureInfo.InvariantCulture, out var seconds) ? seconds : 86_400);
    private readonly Lock _gate = new();
    private JsonObject[]? _models;
    private long? _readAt;

    /// <summary>The models, by provider and name, as <c>supported-models</c> shows them.</summary>
    public IReadOnlyList<JsonObject> All
    {
        get
        {
            lock (_gate)
            {
                if (_folder is not null && (_readAt is not { } at || time.GetElapsedTime(at) >= _freshFor))
                {
                    _readAt = time.GetTimestamp();
                    _models = Read(_folder) ?? _models;
                }

                return _models ??= Bundled();
            }
        }
    }

    private static JsonObject[] Bundled()
    {
        using var file = typeof(ModelCatalogue).Assembly.GetManifestResourceStream("FunctionsGateway.Routes.Management.models.json")!;
        return [.. from entry in JsonNode.Parse(file)!.AsArray()
                   from model in entry!["models"]!.AsArray()
                   let abilities = model!["can"]?.AsArray().Select(ability => (string)ability!).ToArray() ?? []
                   select Shown((string)entry["provider"]!, (string)model["name"]!, new JsonObject
                   {
                       ["mode"] = model["mode"]!.DeepClone(),
                       ["context_window"] = new JsonObject { ["max_input"] = model["input"]?.DeepClone(), ["max_output"] = model["output"]?.DeepClone() },
                       ["pricing"] = new JsonObject { ["input_per_million_tokens"] = model["price"]![0]!.DeepClone(), ["output_per_million_tokens"] = model["price"]!.AsArray().ElementAtOrDefault(1)?.DeepClone() },
                       ["capabilities"] = new JsonObject(abilities.Select(ability => KeyValuePair.Create(ability, (JsonNode?)true))),
                       ["deprecation_date"] = model["deprecation_date"]?.DeepClone(),
                       ["last_updated_at"] = model["updated"]!.DeepClone(),
                   })];
    }

    private JsonObject[]? Read(string folder)
    {
        try
        {
            return [.. from file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)
                       let provider = Path.GetFileNameWithoutExtension(file)
                       where ProviderCatalog.Find(provider) is not null
                       from model in JsonNode.Parse(File.ReadAllBytes(file))?["models"] as JsonObject ?? []
                       where !model.Key.StartsWith("ft:", StringComparison.Ordinal) && model.Value is JsonObject
                       let shown = Shown(provider, model.Key, (JsonObject)model.Value!)
                       where (string?)shown["mode"] is null or "chat" or "completion" or "embedding"
                       select shown];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            LogUnreadable(folder, failure.Message);
            return null;
        }
    }

    // Members in alphabetical order, as MLflow's answers have them.
    private static JsonObject Shown(string provider, string name, JsonObject model)
    {
        var (window, price, abilities) = (model["context_window"], model["pricing"], model["capabilities"]);
        return new JsonObject
        {
            ["deprecation_date"] = model["deprecation_date"]?.DeepClone(),
            ["input_cost_per_token"] = PerToken(price?["input_per_million_tokens"]),
            ["last_updated_at"] = model["last_updated_at"]?.DeepClone(),
            ["max_input_tokens"] = window?["max_input"]?.DeepClone(),
            ["max_output_tokens"] = (window?["max_output"] ?? window?["max_tokens"])?.DeepClone(),
            ["modality"] = model["modality"]?.DeepClone(),
            ["mode"] = model["mode"]?.DeepClone(),
            ["model"] = name.StartsWith(provider + "/", StringComparison.Ordinal) ? name[(provider.Length + 1)..] : name,
            ["output_cost_per_token"] = PerToken(price?["output_per_million_tokens"]),
            ["provider"] = provider,
            ["supports_function_calling"] = Can("function_calling"),
            ["supports_prompt_caching"] = Can("prompt_caching"),
            ["supports_reasoning"] = Can("reasoning"),
            ["supports_response_schema"] = Can("response_schema"),
            ["supports_vision"] = Can("vision"),
        };

        bool Can(string ability) => (bool?)abilities?[ability] ?? false;
    }

    private static JsonValue? PerToken(JsonNode? perMillion) => perMillion is JsonValue value ? JsonValue.Create((double)(value.GetValue<decimal>() / 1_000_000m)) : null;

    [LoggerMessage(320, LogLevel.Warning, "The model catalogue in {Folder} cannot be read: {Reason}")]
    private partial void LogUnreadable(string folder, string reason);
}
