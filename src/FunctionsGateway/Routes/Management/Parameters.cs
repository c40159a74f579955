using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes.Validation;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Routes.Management;

/// <summary>The parameters of a management call: the query of a GET, else the body; an empty text is an absent one.</summary>
internal sealed class Parameters(JsonObject values)
{
    private const string AuthConfigText = "auth_config_json";

    /// <summary>Reads them.</summary>
    public static async Task<Parameters> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (HttpMethods.IsGet(request.Method))
        {
            return new Parameters(new JsonObject(request.Query.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.ToString()))));
        }

        try
        {
            return new Parameters(await RequestBody.ReadAsync(request, cancellation));
        }
        catch (GatewayException refusal) when (refusal.Status == 422)
        {
            throw Invalid(refusal.Message);
        }
    }

    /// <summary>Whether the parameter is there, even as null.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>A text; null when absent or empty.</summary>
    public string? Text(string name) => values[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text.Length > 0 ? text : null,
        _ => throw Invalid($"Invalid value for parameter '{name}' supplied: it is not a string."),
    };

    /// <summary>A text that must be there.</summary>
    public string Required(string name) => Text(name) ?? throw MissingValue(name);

    /// <summary>A whole number; null when absent.</summary>
    public int? Whole(string name) => values[name] is null ? null
        : Number(name) is var number && Math.Floor(number) == number && Math.Abs(number) <= int.MaxValue ? (int)number
        : throw Invalid($"Invalid value for parameter '{name}' supplied: it is not a whole number.");

    /// <summary>A number that is not negative; null when absent.</summary>
    public double? Weight(string name) => values[name] is null ? null
        : Number(name) is var number && number >= 0 && double.IsFinite(number) ? number
        : throw Invalid($"Invalid value for parameter '{name}' supplied: it is negative.");

    /// <summary>Yes or no; null when absent.</summary>
    public bool? Flag(string name) => values[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        _ => throw Invalid($"Invalid value for parameter '{name}' supplied: it is not a boolean."),
    };

    /// <summary>One of the words; null when absent.</summary>
    public string? Word(string name, params ReadOnlySpan<string> words) => Text(name) is not { } text ? null
        : words.Contains(text) ? text
        : throw Invalid($"Invalid value for parameter '{name}' supplied: '{text}'.");

    /// <summary>An object of texts; null when absent or empty.</summary>
    public JsonObject? Map(string name) => values[name] switch
    {
        null or JsonObject { Count: 0 } => null,
        JsonObject map when map.All(member => member.Value is JsonValue value && value.TryGetValue(out string? _)) => (JsonObject)map.DeepClone(),
        _ => throw Invalid($"Invalid value for parameter '{name}' supplied: it is not a map of strings."),
    };

    /// <summary>The provider's open settings; MLflow 3.8 sends them as a JSON text.</summary>
    public JsonObject? AuthConfig() => Map("auth_config") ?? (Text(AuthConfigText) is { } text ? new Parameters(new JsonObject { [AuthConfigText] = Parsed(text) }).Map(AuthConfigText) : null);

    /// <summary>How an endpoint uses its models; MLflow 3.8 sends the ids of its primaries only.</summary>
    public IReadOnlyList<Parameters> ModelConfigs() => values["model_definition_ids"] is JsonArray ids && !Has("model_configs")
        ? [.. ids.Select(id => new Parameters(new JsonObject { ["model_definition_id"] = id?.DeepClone() }))]
        : Objects("model_configs");

    /// <summary>How an endpoint uses the model that is attached to it; MLflow 3.8 sends it beside the endpoint's id.</summary>
    public Parameters ModelConfig() => Object("model_config") ?? (Has("model_definition_id") ? this : throw MissingValue("model_config"));

    /// <summary>An object; null when absent.</summary>
    public Parameters? Object(string name) => values[name] switch
    {
        null => null,
        JsonObject json => new Parameters(json),
        _ => throw Invalid($"Invalid value for parameter '{name}' supplied: it is not an object."),
    };

    /// <summary>A list of objects; none when absent.</summary>
    public IReadOnlyList<Parameters> Objects(string name) => values[name] switch
    {
        null => [],
        JsonArray list when list.All(item => item is JsonObject) => [.. list.Select(item => new Parameters((JsonObject)item!))],
        _ => throw Invalid($"Invalid value for parameter '{name}' supplied: it is not a list of objects."),
    };

    /// <summary>The gateway's own options; null when absent.</summary>
    public RouteOptionSet? Options()
    {
        if (!Has("gateway_options"))
        {
            return null;
        }

        var faults = new List<Fault>();
        var options = OptionReader.Read(new Fields(values, ["body"], faults));
        Warning = OptionWarnings.Of(options);
        return faults.Count == 0 ? options : throw Invalid(string.Join("; ", faults));
    }

    /// <summary>What is to be said of the options; null before they are read, and when there is nothing to say.</summary>
    public string? Warning { get; private set; }

    /// <summary>400 in MLflow's words.</summary>
    public static GatewayException Invalid(string message) => new(400, message) { Code = "INVALID_PARAMETER_VALUE" };

    /// <summary>400 for a parameter that is not there.</summary>
    public static GatewayException MissingValue(string name) =>
        Invalid($"Missing value for required parameter '{name}'. See the API docs for more information about request parameters.");

    private static JsonNode? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            // No map of strings either, which is then said.
            return text;
        }
    }

    private double Number(string name) => values[name] is JsonValue value
        && (value.TryGetValue(out double number) || (value.TryGetValue(out string? text) && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out number)))
        ? number
        : throw Invalid($"Invalid value for parameter '{name}' supplied: it is not a number.");
}
