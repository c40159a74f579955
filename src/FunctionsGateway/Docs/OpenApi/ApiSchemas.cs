using System.IO.Enumeration;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Docs.OpenApi;

/// <summary>The schemas of bodies and answers, written by hand in <c>schemas/</c>, and those of providers' configurations, made from the catalogue.</summary>
internal static class ApiSchemas
{
    private static readonly Lazy<JsonObject> Written = new(Read);
    private static readonly Lazy<ApiOperation[]> Operations = new(() =>
    [
        .. Resource("operations.json").AsArray().Select(line => new ApiOperation(
            (string)line!["name"]!, (string?)line["body"], (string?)line["query"], (string?)line["answer"], (string?)line["stream"],
            [.. (line["refuses"] as JsonArray ?? []).Select(status => (int)status!)])),
    ]);
    private static readonly Lazy<JsonNode> Parameters = new(() => Resource("parameters.json"));
    private static readonly Lazy<JsonNode> Streams = new(() => Resource("streams.json"));

    /// <summary>All schemas, as <c>components.schemas</c> has them.</summary>
    public static JsonObject All() => Written.Value.DeepClone().AsObject();

    /// <summary>What an operation takes and answers: the first line of <c>operations.json</c> that its name matches.</summary>
    /// <exception cref="InvalidOperationException">No line does: the operation needs one.</exception>
    public static ApiOperation OfOperation(string name) =>
        Array.Find(Operations.Value, line => FileSystemName.MatchesSimpleExpression(line.Name, name, ignoreCase: false))
        ?? throw new InvalidOperationException($"The operation '{name}' has no line in Docs/OpenApi/operations.json.");

    /// <summary>The first example of a schema, or the one at <paramref name="place"/>.</summary>
    public static JsonNode? Example(string schema, int place = 0) => Written.Value[schema]!["examples"]![place]?.DeepClone();

    /// <summary>The members of a schema that queries are described by, each with whether it must be there.</summary>
    public static IEnumerable<(string Name, JsonObject Schema, bool IsRequired)> Members(string schema) =>
        from member in Written.Value[schema]!["properties"]!.AsObject()
        select (member.Key, member.Value!.DeepClone().AsObject(), (Written.Value[schema]!["required"] as JsonArray)?.Any(name => (string?)name == member.Key) == true);

    /// <summary>A parameter in a path or a header.</summary>
    /// <exception cref="InvalidOperationException"><c>parameters.json</c> does not describe it.</exception>
    public static JsonObject Parameter(string name, string place)
    {
        var parameter = Parameters.Value[name]?.DeepClone().AsObject() ?? throw new InvalidOperationException($"The parameter '{name}' has no line in Docs/OpenApi/parameters.json.");
        parameter.Insert(0, "required", place == "path");
        parameter.Insert(0, "in", place);
        parameter.Insert(0, "name", name);
        return parameter;
    }

    /// <summary>The first events of a stream in the words of one of <c>streams.json</c>.</summary>
    public static JsonNode StreamExample(string name) => Streams.Value[name]!.DeepClone();

    private static JsonObject Read()
    {
        var all = new JsonObject();
        foreach (var file in new[] { "routes", "limits", "keys", "management", "requests", "answers", "native", "errors" })
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
            all[name] = Config($"{provider.DisplayName}: how it is reached.", provider.Config.Fields);
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
        var change = all["Model"]!.DeepClone().AsObject();
        change.Remove("required");
        change["description"] = "What changes of the provider, its model and its configuration.";
        all["ModelChange"] = change;
        return all;
    }

    private static JsonObject Config(string title, IReadOnlyList<ConfigField> fields)
    {
        var schema = new JsonObject { ["type"] = "object", ["description"] = title };
        if (fields.Where(field => field.IsRequired).Select(field => (JsonNode)field.Name).ToArray() is { Length: > 0 } required)
        {
            schema["required"] = new JsonArray(required);
        }

        schema["properties"] = new JsonObject(fields.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, Field(field))));
        schema["examples"] = new JsonArray(new JsonObject(fields.Where(field => field.IsRequired || field.IsSecret)
            .Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, field.Members is { } members ? Config("", members)["examples"]![0]!.DeepClone() : Example(field)))));
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

/// <summary>What an operation takes and answers, by the names of schemas.</summary>
/// <param name="Name">Its name; <c>*</c> stands for anything.</param>
/// <param name="Body">The body; null when it takes none.</param>
/// <param name="Query">A schema whose members are the query's; null when it takes none.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Stream">Whose events it streams when it is asked to; null when it never streams.</param>
/// <param name="Refuses">The statuses that it answers beside those that follow from its policy, body and kind.</param>
internal sealed record ApiOperation(string Name, string? Body, string? Query, string? Answer, string? Stream, IReadOnlyList<int> Refuses);
