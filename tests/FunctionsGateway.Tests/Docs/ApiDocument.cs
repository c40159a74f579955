using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary>A parsed <c>/openapi.json</c>.</summary>
internal sealed class ApiDocument(JsonObject root)
{
    /// <summary>The document.</summary>
    public JsonObject Root { get; } = root;

    /// <summary>The schemas by name.</summary>
    public JsonObject Schemas => Root["components"]!["schemas"]!.AsObject();

    /// <summary>The operations in the document's order.</summary>
    public IReadOnlyList<(string Verb, string Path, JsonObject Said)> Operations { get; } =
        [.. root["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject(), (path, operation) => (operation.Key, path.Key, operation.Value!.AsObject()))];

    /// <summary>Reads a gateway's.</summary>
    public static async Task<ApiDocument> ReadAsync(GatewayUnderTest gateway) => new(JsonNode.Parse(await gateway.Client.GetStringAsync("/openapi.json"))!.AsObject());

    /// <summary>Follows a reference of an answer.</summary>
    public JsonObject Resolved(JsonNode answer) =>
        (string?)answer["$ref"] is { } reference ? reference.Split('/').Skip(1).Aggregate((JsonNode)Root, (node, part) => node[part]!).AsObject() : answer.AsObject();

    /// <summary>The faults of values against schemas, each named by its pointer in the document.</summary>
    public string Faults(IEnumerable<(string Name, string Schema, JsonNode? Value)> checks) => Repository.Node("Docs/schema-check.mjs", new JsonObject
    {
        ["document"] = Root.DeepClone(),
        ["checks"] = new JsonArray([.. checks.Select(check => new JsonObject { ["name"] = check.Name, ["schema"] = check.Schema, ["value"] = check.Value?.DeepClone() })]),
    }.ToJsonString());

    /// <summary>Fails when a value does not fit its schema, or when there is none.</summary>
    public void RequireFit(IReadOnlyCollection<(string Name, string Schema, JsonNode? Value)> checks)
    {
        Assert.NotEmpty(checks);
        var faults = Faults(checks);
        Assert.True(faults.Length == 0, faults);
    }

    /// <summary>A part of a JSON pointer.</summary>
    public static string Pointer(params string[] parts) => string.Concat(parts.Select(part => "/" + part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
}
