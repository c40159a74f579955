using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary>What every schema of <c>/openapi.json</c> must have.</summary>
public sealed class OpenApiSchemaTests : IAsyncLifetime
{
    private static readonly string[] Kinds = ["type", "$ref", "anyOf"];

    private GatewayUnderTest _gateway = null!;
    private ApiDocument _document = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync();
        _document = await ApiDocument.ReadAsync(_gateway);
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public void Are_whole() => Assert.Equal([], _document.Schemas.SelectMany(schema => Faults(schema.Key, schema.Value!.AsObject())));

    [Theory]
    [InlineData("""{"type":"object","description":"a","examples":[{}]}""", "is an object of anything")]
    [InlineData("""{"type":"object","description":"a","properties":{"b":{"type":"string"}}}""", "b has no description")]
    [InlineData("""{"type":"integer","description":"a"}""", "has no minimum")]
    [InlineData("""{"type":"number","description":"a","minimum":0}""", "neither a maximum nor a reason")]
    [InlineData("""{"type":"array","description":"a"}""", "is a list of anything")]
    [InlineData("""{"description":"a"}""", "may be anything")]
    public void Are_refused_when_they_are_not(string schema, string fault) => Assert.Contains(Faults("x", JsonNode.Parse(schema)!.AsObject()), text => text.Contains(fault, StringComparison.Ordinal));

    [Fact]
    public void Are_what_every_operation_takes_and_answers()
    {
        foreach (var (verb, path, said) in _document.Operations)
        {
            var bodies = said["responses"]!.AsObject().Select(answer => (Name: answer.Key, Content: _document.Resolved(answer.Value!)["content"]));
            foreach (var (name, content) in said["requestBody"] is { } request ? bodies.Append(("body", request["content"])) : bodies)
            {
                var json = content?["application/json"];
                Assert.True(json?["schema"]?["$ref"] is not null && json["example"] is not null, $"{verb} {path} {name} has no schema or no example.");
            }

            Assert.True(said["requestBody"] is not null || verb is "get" or "delete", $"{verb} {path} takes nothing.");
            Assert.All(said["parameters"]?.AsArray() ?? [], parameter => Assert.True(parameter!["description"] is not null && parameter["example"] is not null && parameter["schema"]!["type"] is not null, $"{verb} {path} {parameter["name"]}"));
        }
    }

    [Fact]
    public void Tell_the_surfaces_apart()
    {
        Assert.Equal("ManagementError", ErrorOf("/{api}/{version}/mlflow/gateway/secrets/create", "post", "401"));
        Assert.Equal("OpenAIUnifiedError", ErrorOf("/v1/chat/completions", "post", "401"));
        Assert.Equal("Mlflow3Error", ErrorOf("/gateway/{name}/mlflow/invocations", "post", "404"));
        Assert.Equal("CohereError", ErrorOf("/cohere/v2/chat", "post", "429"));

        string ErrorOf(string path, string verb, string status) =>
            ((string)_document.Resolved(_document.Root["paths"]![path]![verb]!["responses"]![status]!)["content"]!["application/json"]!["schema"]!["$ref"]!).Split('/')[^1];
    }

    [Fact]
    public void Fit_their_examples()
    {
        var written = from schema in _document.Schemas
                      from example in schema.Value!["examples"]!.AsArray()
                      select (schema.Key, ApiDocument.Pointer("components", "schemas", schema.Key), example);
        var shown = from operation in _document.Operations
                    from media in operation.Said["responses"]!.AsObject().Select(answer => (answer.Key, Content: _document.Resolved(answer.Value!)["content"]!["application/json"]!))
                    let name = ((string)media.Content["schema"]!["$ref"]!).Split('/')[^1]
                    select ($"{operation.Verb} {operation.Path} {media.Key}", ApiDocument.Pointer("components", "schemas", name), media.Content["example"]);
        var parts = from schema in _document.Schemas
                    from part in Parts(schema.Value, ApiDocument.Pointer("components", "schemas", schema.Key))
                    from example in part.Schema["examples"] as JsonArray ?? []
                    select (part.Pointer, part.Pointer, example);

        _document.RequireFit([.. written, .. shown, .. parts]);
        Assert.NotEqual("", _document.Faults([("wrong", ApiDocument.Pointer("components", "schemas", "Limit"), JsonNode.Parse("""{"calls":-1}"""))]));
    }

    private static IEnumerable<(JsonObject Schema, string Pointer)> Parts(JsonNode? node, string pointer) => node is not JsonObject schema ? []
        : (schema["properties"] as JsonObject ?? []).SelectMany(property => Parts(property.Value, pointer + ApiDocument.Pointer("properties", property.Key)))
            .Concat(Parts(schema["items"], pointer + "/items")).Concat(Parts(schema["additionalProperties"], pointer + "/additionalProperties"))
            .Concat((schema["anyOf"] as JsonArray ?? []).SelectMany((choice, i) => Parts(choice, $"{pointer}/anyOf/{i}")))
            .Prepend((schema, pointer));

    private static IEnumerable<string> Faults(string name, JsonObject schema)
    {
        var types = schema["type"] switch { JsonArray several => several.Select(type => (string)type!).ToArray(), JsonValue one => [(string)one!], _ => [] };
        var reason = (string?)schema["$comment"];
        var isOpen = reason?.StartsWith("Open: ", StringComparison.Ordinal) == true;
        if (!isOpen && !Kinds.Any(schema.ContainsKey))
        {
            yield return $"{name} may be anything.";
        }

        if (!isOpen && types.Contains("object") && schema["properties"] is not JsonObject { Count: > 0 } && schema["additionalProperties"] is not JsonObject && schema["maxProperties"] is null)
        {
            yield return $"{name} is an object of anything: name its members, or say why not in a $comment 'Open: …'.";
        }

        if (!isOpen && types.Contains("array") && schema["items"] is not JsonObject)
        {
            yield return $"{name} is a list of anything.";
        }

        if (types.Any(type => type is "integer" or "number"))
        {
            if (schema["minimum"] is null)
            {
                yield return $"{name} has no minimum.";
            }

            if (schema["maximum"] is null && reason?.StartsWith("No maximum: ", StringComparison.Ordinal) != true)
            {
                yield return $"{name} has neither a maximum nor a reason: a $comment 'No maximum: …'.";
            }
        }

        foreach (var (member, property) in schema["properties"] as JsonObject ?? [])
        {
            if (property!["description"] is null && property["$ref"] is null)
            {
                yield return $"{name}.{member} has no description.";
            }
        }

        foreach (var fault in Below(schema).SelectMany(part => Faults($"{name}.{part.Name}", part.Schema)))
        {
            yield return fault;
        }
    }

    private static IEnumerable<(string Name, JsonObject Schema)> Below(JsonObject schema) =>
        (schema["properties"] as JsonObject ?? []).Select(property => (property.Key, property.Value!.AsObject()))
            .Concat(new[] { "items", "additionalProperties" }.Where(name => schema[name] is JsonObject).Select(name => (name, schema[name]!.AsObject())))
            .Concat((schema["anyOf"] as JsonArray ?? []).Select((choice, i) => ($"{i}", choice!.AsObject())));
}
