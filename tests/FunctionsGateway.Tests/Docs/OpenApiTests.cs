using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
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

    [Fact]
    public void Refers_to_nothing_that_is_missing()
    {
        foreach (var reference in All(_description).OfType<JsonObject>().Select(node => (string?)node["$ref"]).OfType<string>())
        {
            Assert.True(reference.Split('/').Skip(1).Aggregate((JsonNode?)_description, (node, part) => node?[part]) is not null, $"{reference} leads nowhere.");
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

    // One line for each operation and each schema, so that a difference names what changed.
    private static string Lines(JsonNode? node, int depth, string margin = "") => depth > 0 && node is JsonObject { Count: > 0 } members
        ? "{\n" + string.Join(",\n", members.Select(member => $"{margin}  {JsonSerializer.Serialize(member.Key, Readable)}: {Lines(member.Value, depth - 1, margin + "  ")}")) + $"\n{margin}}}"
        : node?.ToJsonString(Readable) ?? "null";

    private IEnumerable<JsonObject> Operations() => _description["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => operation.Value!.AsObject());

    private static IEnumerable<JsonNode> All(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => All(member.Value)).Prepend(members),
        JsonArray items => items.SelectMany(All).Prepend(items),
        _ => [],
    };
}
