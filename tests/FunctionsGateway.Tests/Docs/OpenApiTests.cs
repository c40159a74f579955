using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Docs;

/// <summary><c>/openapi.json</c>: what it must say, and that the gateway does what it says.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private GatewayUnderTest _gateway = null!;
    private JsonObject _description = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync();
        _description = JsonNode.Parse(await _gateway.Client.GetStringAsync("/openapi.json"))!.AsObject();
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public void Changes_only_on_purpose() =>
        Repository.HoldsOrUpdates("tests/FunctionsGateway.Tests/Docs/openapi.json", Lines(_description, 3) + "\n");

    [Fact]
    public void Is_valid()
    {
        Assert.Equal("", Repository.Node("Docs/openapi-check.mjs", _description.ToJsonString()));

        _description["info"]!.AsObject().Remove("version");
        Assert.NotEqual("", Repository.Node("Docs/openapi-check.mjs", _description.ToJsonString()));
    }

    [Fact]
    public void Describes_every_endpoint()
    {
        var declared = _gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>()?.ExcludeFromDescription != true
                && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Count > 0)
            .Select(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? $"{endpoint.RoutePattern.RawText} (which has no name: give it one with WithName)");
        var described = Operations().Select(operation => (string)operation["operationId"]!).ToList();

        Assert.Empty(declared.Except(described));
        Assert.Equal(described.Distinct(), described);
    }

    [Fact]
    public void Says_what_every_operation_is_for() =>
        Assert.Empty(Operations().Where(operation => string.IsNullOrEmpty((string?)operation["summary"])).Select(operation => (string)operation["operationId"]!));

    [Theory]
    [InlineData("Routes")]
    [InlineData("Invocations")]
    [InlineData("Models")]
    [InlineData("Limits")]
    [InlineData("Keys")]
    [InlineData("Health")]
    public void Names_the_schemas_of_bodies_and_answers(string tag) => Assert.All(
        Operations().Where(operation => (string)operation["tags"]![0]! == tag),
        operation => Assert.All(
            new[] { operation["requestBody"]?["content"], operation["responses"]!["200"]!["content"] }.OfType<JsonObject>(),
            content => Assert.True(
                content["application/json"]!["schema"]!["$ref"] is not null,
                $"{operation["operationId"]} has a body without schema: add a line to src/FunctionsGateway/Docs/OpenApi/operations.json, and its schema to schemas/.")));

    [Fact]
    public void Refers_to_nothing_that_is_missing()
    {
        foreach (var reference in All(_description).OfType<JsonObject>().Select(node => (string?)node["$ref"]).OfType<string>())
        {
            Assert.True(reference.Split('/').Skip(1).Aggregate((JsonNode?)_description, (node, part) => node?[part]) is not null, $"{reference} leads nowhere.");
        }
    }

    [Fact]
    public void Gives_every_schema_an_example_and_every_number_a_range()
    {
        foreach (var (name, schema) in _description["components"]!["schemas"]!.AsObject())
        {
            Assert.True(schema!["examples"] is JsonArray { Count: > 0 }, $"The schema {name} has no example.");
            foreach (var part in All(schema).OfType<JsonObject>().Where(part => (string?)(part["type"] as JsonValue) is "integer" or "number"))
            {
                Assert.True(part["minimum"] is not null, $"{name} has a number without minimum: {part.ToJsonString()}");
            }
        }
    }

    [Theory]
    [InlineData("ChatRequest", "/gateway/chat/invocations", RouteType.Chat)]
    [InlineData("CompletionsRequest", "/gateway/completions/invocations", RouteType.Completions)]
    [InlineData("EmbeddingsRequest", "/gateway/embeddings/invocations", RouteType.Embeddings)]
    public async Task Gives_examples_and_ranges_that_the_gateway_holds_to(string schema, string path, object type)
    {
        await _gateway.AddRouteAsync(path.Split('/')[2], (RouteType)type);
        var described = _description["components"]!["schemas"]![schema]!;
        var example = described["examples"]![0]!.AsObject();
        Assert.Equal(200, (await _gateway.AskAsync(path, example.ToJsonString())).Status);

        foreach (var (name, property) in described["properties"]!.AsObject().Where(property => property.Value!["minimum"] is not null && property.Key != "dimensions"))
        {
            foreach (var (bound, beyond) in new[] { ("minimum", -1), ("maximum", 1) })
            {
                if (property![bound] is { } value)
                {
                    Assert.Equal(200, await StatusAsync(name, (decimal)value));
                    Assert.Equal(422, await StatusAsync(name, (decimal)value + beyond));
                }
            }
        }

        async Task<int> StatusAsync(string name, decimal value)
        {
            var body = example.DeepClone();
            body[name] = decimal.IsInteger(value) ? JsonValue.Create((long)value) : JsonValue.Create(value);
            return (await _gateway.AskAsync(path, body.ToJsonString())).Status;
        }
    }

    [Fact]
    public async Task Gives_an_example_of_a_route_that_can_be_created()
    {
        // Here no variable holds a key, and a literal may be given.
        var example = _description["components"]!["schemas"]!["RouteInput"]!["examples"]![0]!.ToJsonString().Replace("$OPENAI_API_KEY", "sk-test", StringComparison.Ordinal);
        var (status, body) = await _gateway.AskAsync("/api/2.0/gateway/routes/", example);

        Assert.True(status == 200, body);
        var described = _description["components"]!["schemas"]!["Route"]!["properties"]!.AsObject();
        Assert.All(JsonNode.Parse(body)!.AsObject(), member => Assert.True(described.ContainsKey(member.Key), $"Route has no '{member.Key}'."));
    }

    // One line for each operation and each schema, so that a difference names what changed.
    private static string Lines(JsonNode? node, int depth, string margin = "") => depth > 0 && node is JsonObject { Count: > 0 } members
        ? "{\n" + string.Join(",\n", members.Select(member => $"{margin}  {JsonSerializer.Serialize(member.Key, Readable)}: {Lines(member.Value, depth - 1, margin + "  ")}")) + $"\n{margin}}}"
        : node?.ToJsonString(Readable) ?? "null";

    [Theory]
    [InlineData("post", "/gateway/none/invocations", "/gateway/{name}/invocations", """{"messages":[{"role":"user","content":"a"}]}""", 404)]
    [InlineData("post", "/gateway/chat/invocations", "/gateway/{name}/invocations", "{", 422)]
    [InlineData("post", "/gateway/chat/invocations", "/gateway/{name}/invocations", """{"messages":[]}""", 422)]
    [InlineData("post", "/gateway/limited/invocations", "/gateway/{name}/invocations", """{"messages":[{"role":"user","content":"a"}]}""", 429)]
    [InlineData("post", "/gateway/failing/invocations", "/gateway/{name}/invocations", """{"messages":[{"role":"user","content":"a"}]}""", 502)]
    [InlineData("post", "/v1/chat/completions", "/v1/chat/completions", """{"model":"none","messages":[{"role":"user","content":"a"}]}""", 404)]
    [InlineData("post", "/v1/chat/completions", "/v1/chat/completions", """{"model":"chat","messages":7}""", 400)]
    [InlineData("post", "/api/2.0/gateway/routes/", "/api/2.0/gateway/routes/", """{"name":"x"}""", 422)]
    [InlineData("delete", "/api/2.0/gateway/routes/none", "/api/2.0/gateway/routes/{name}", "", 404)]
    public async Task Documents_the_refusals_that_the_gateway_gives(string verb, string path, string described, string body, int status)
    {
        await _gateway.AddRouteAsync("chat", RouteType.Chat);
        await _gateway.AddRouteAsync("failing", RouteType.Chat, "status=401");
        await _gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "limited",
            Id = "e-" + Guid.NewGuid().ToString("N"),
            Type = RouteType.Chat,
            Targets = [_gateway.Target()],
            Limits = [new Limit(0, "minute", null)],
        });
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        using var answer = await _gateway.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        var reference = (string?)_description["paths"]![described]![verb]!["responses"]![$"{status}"]?["$ref"];
        Assert.True(reference is not null, $"{verb} {described} does not document {status}.");
        var members = _description["components"]!["responses"]![reference.Split('/')[^1]]!["content"]!["application/json"]!["schema"]!["properties"]!.AsObject();
        Assert.Equal(members.Select(member => member.Key), JsonNode.Parse(text)!.AsObject().Select(member => member.Key));
    }

    private IEnumerable<JsonObject> Operations() => _description["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => operation.Value!.AsObject());

    private static IEnumerable<JsonNode> All(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => All(member.Value)).Prepend(members),
        JsonArray items => items.SelectMany(All).Prepend(items),
        _ => [],
    };
}
