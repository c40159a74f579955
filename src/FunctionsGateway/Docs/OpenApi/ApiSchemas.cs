using System.IO.Enumeration;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Docs.OpenApi;

/// <summary>The schemas of bodies and answers, written by hand in <c>schemas/</c>, and those of providers' configurations, made from the catalogue.</summary>
internal static class ApiSchemas
{
    private static readonly Lazy<JsonObject> Written = new(Read);
    private static readonly Lazy<(string Name, string? Body, string? Answer)[]> Operations = new(() =>
        [.. Resource("operations.json").AsArray().Select(line => ((string)line!["name"]!, (string?)line["body"], (string?)line["answer"]))]);

    /// <summary>All schemas, as <c>components.schemas</c> has them.</summary>
    public static JsonObject All() => Written.Value.DeepClone().AsObject();

    /// <summary>The schemas of an operation's body and answer: the first line of <c>operations.json</c> that its name matches; null where none says.</summary>
    public static (string? Body, string? Answer) OfOperation(string name)
    {
        var line = Array.Find(Operations.Value, line => FileSystemName.MatchesSimpleExpression(line.Name, name, ignoreCase: false));
        return (line.Body, line.Answer);
    }

    /// <summary>The example of a schema.</summary>
    public static JsonNode? Example(string schema) => Written.Value[schema]?["examples"]?[0]?.DeepClone();

    private static JsonObject Read()
    {
        var all = new JsonObject();
        foreach (var file in new[] { "routes", "limits", "keys", "requests", "answers" })
        {
            foreach (var (name, schema) in Resource($"schemas.{file}.json").AsObject())
            {
                all[name] = schema!.DeepClone();
            }
        }

        var configs = new JsonArray();
        foreach (var provider in ProviderCatalog.All)
        {
            var name = $"Config.{provider.Name}";
            all[name] = Config(provider.DisplayName, provider.Config.Fields);
            configs.Add(new JsonObject { ["$ref"] = $"#/components/schemas/{name}" });
        }

        all["Model"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "The provider and its model. The configuration may also stand under '{provider}_config', as MLflow has it.",
            ["required"] = new JsonArray("provider"),
            ["properties"] = new JsonObject
            {
                ["provider"] = new JsonObject
                {
                    ["type"] = "string",
                    ["description"] = "The provider's name.",
                    ["enum"] = new JsonArray([.. ProviderCatalog.All.Select(provider => (JsonNode)provider.Name)]),
                },
                ["name"] = new JsonObject { ["type"] = "string", ["description"] = "The provider's name of the model.", ["examples"] = new JsonArray("gpt-4o-mini") },
                ["config"] = new JsonObject { ["description"] = "Where and how the provider is reached.", ["anyOf"] = configs },
            },
            ["examples"] = new JsonArray(new JsonObject
            {
                ["provider"] = "openai",
                ["name"] = "gpt-4o-mini",
                ["config"] = new JsonObject { ["openai_api_key"] = "$OPENAI_API_KEY" },
            }),
        };
        return all;
    }

    private static JsonObject Config(string title, IReadOnlyList<ConfigField> fields)
    {
        var schema = new JsonObject { ["type"] = "object", ["description"] = $"{title}: how it is reached." };
        if (fields.Where(field => field.IsRequired).Select(field => (JsonNode)field.Name).ToArray() is { Length: > 0 } required)
        {
            schema["required"] = new JsonArray(required);
        }

        schema["properties"] = new JsonObject(fields.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, Field(field))));
        schema["examples"] = new JsonArray(new JsonObject(fields.Where(field => field.IsRequired || field.IsSecret)
            .Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, field.Members is null ? Example(field) : new JsonObject()))));
        return schema;
    }

    private static JsonObject Field(ConfigField field)
    {
        if (field.Members is { } members)
        {
            return Config(field.Meaning, members);
        }

        var schema = new JsonObject { ["type"] = "string", ["description"] = field.IsSecret ? $"{field.Meaning} A reference, never the key itself." : field.Meaning };
        if (field.IsList)
        {
            schema["type"] = new JsonArray("array", "string");
            schema["items"] = new JsonObject { ["type"] = "string" };
        }

        if (field.Values is { } values)
        {
            schema["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }

        if (field.Default is { } otherwise && !field.IsSecret)
        {
            schema["default"] = otherwise;
        }

        schema["examples"] = new JsonArray(Example(field));
        return schema;
    }

    private static JsonNode Example(ConfigField field) =>
        field.IsSecret ? "$" + (field.Name.EndsWith("_key", StringComparison.Ordinal) || field.Name.EndsWith("_token", StringComparison.Ordinal) ? field.Name : field.Name + "_API_KEY").ToUpperInvariant()
        : field.Default ?? field.Values?[0] ?? (field.IsBaseAddress ? "https://provider.example/v1" : "…");

    private static JsonNode Resource(string name)
    {
        using var stream = typeof(ApiSchemas).Assembly.GetManifestResourceStream($"FunctionsGateway.Docs.OpenApi.{name}")!;
        return JsonNode.Parse(stream)!;
    }
}
