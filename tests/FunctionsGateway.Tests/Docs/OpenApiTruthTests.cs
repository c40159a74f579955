using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary>Every request that <c>/openapi.json</c> shows is sent to a gateway, which must take it and answer as the document says.</summary>
public sealed class OpenApiTruthTests
{
    private const string Managed = "/api/3.0/mlflow/gateway";

    [Theory]
    [InlineData("Routes")]
    [InlineData("Limits")]
    [InlineData("Keys")]
    [InlineData("Management")]
    [InlineData("Invocations")]
    [InlineData("Models")]
    [InlineData("Health")]
    public async Task Shows_requests_that_are_taken_and_answers_that_are_given(string tag)
    {
        await using var shared = await GatewayUnderTest.StartAsync(("OPENAI_API_KEY", "sk-test"));
        var document = await ApiDocument.ReadAsync(shared);
        var (answers, refused) = (new List<(string, string, JsonNode?)>(), new List<string>());
        await SeedAsync(shared, document, tag, "");
        foreach (var (verb, path, said) in document.Operations.Where(operation => (string)operation.Said["tags"]![0]! == tag))
        {
            // What changes something finds a gateway of its own.
            await using var own = tag is "Routes" or "Keys" or "Management" ? await GatewayUnderTest.StartAsync(("OPENAI_API_KEY", "sk-test")) : null;
            var ids = own is null ? [] : await SeedAsync(own, document, tag, (string)said["operationId"]!);
            foreach (var query in Queries(said))
            {
                using var request = new HttpRequestMessage(new HttpMethod(verb), Replaced(Path(path, said) + query, ids));
                if (said["requestBody"]?["content"]!["application/json"]!["example"] is { } body)
                {
                    request.Content = new StringContent(Replaced(Placed(body, path).ToJsonString(), ids), Encoding.UTF8, "application/json");
                }

                using var answer = await (own ?? shared).Client.SendAsync(request);
                var text = await answer.Content.ReadAsStringAsync();
                if ((int)answer.StatusCode != 200)
                {
                    refused.Add($"{verb} {path}{query}: {(int)answer.StatusCode} {text}");
                }
                else if (answer.Content.Headers.ContentType?.MediaType == "application/json")
                {
                    var schema = ((string)said["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["$ref"]!)[1..];
                    answers.Add(($"{verb} {path}{query}", schema, JsonNode.Parse(text)));
                }
            }
        }

        Assert.True(refused.Count == 0, string.Join('\n', refused));
        document.RequireFit(answers);
    }

    // Required parameters together; where all are optional, one at a time, since they may exclude each other.
    private static IEnumerable<string> Queries(JsonObject said)
    {
        var query = (said["parameters"] as JsonArray ?? []).Where(parameter => (string)parameter!["in"]! == "query")
            .Select(parameter => (Text: $"{parameter!["name"]}={parameter["example"]}", IsRequired: (bool)parameter["required"]!)).ToArray();
        return query.Any(parameter => parameter.IsRequired) ? ["?" + string.Join('&', query.Where(parameter => parameter.IsRequired).Select(parameter => parameter.Text))]
            : query.Length > 0 ? query.Select(parameter => "?" + parameter.Text)
            : [""];
    }

    internal static string Path(string path, JsonObject said) => (said["parameters"] as JsonArray ?? []).Where(parameter => (string)parameter!["in"]! == "path")
        .Aggregate(path, (filled, parameter) => filled.Replace($"{{{parameter!["name"]}}}", (string)parameter["example"]!, StringComparison.Ordinal))
        .Replace("/chat:", "/gemini:", StringComparison.Ordinal);

    // One example serves several paths: what differs is the type of the route that the model names.
    internal static JsonNode Placed(JsonNode body, string path)
    {
        body = body.DeepClone();
        var provider = new[] { "anthropic", "cohere", "mistral" }.FirstOrDefault(name => path.Contains($"/{name}/", StringComparison.Ordinal));
        if (path.Contains("/v1/", StringComparison.Ordinal) || provider is not null)
        {
            body["model"] = provider ?? (path.EndsWith("chat/completions", StringComparison.Ordinal) || path.Contains("responses", StringComparison.Ordinal) ? "chat"
                : path.EndsWith("completions", StringComparison.Ordinal) ? "completions" : "embeddings");
        }

        return body;
    }

    private static string Replaced(string text, Dictionary<string, string> ids) => ids.Aggregate(text, (replaced, id) => replaced.Replace(id.Key, id.Value, StringComparison.Ordinal));

    internal static async Task<Dictionary<string, string>> SeedAsync(GatewayUnderTest gateway, ApiDocument document, string tag, string operation)
    {
        var ids = new Dictionary<string, string>();
        JsonNode Example(string schema) => document.Schemas[schema]!["examples"]![0]!;
        async Task<JsonNode> CreateAsync(string path, JsonNode body)
        {
            var (status, text) = await gateway.AskAsync(path, Replaced(body.ToJsonString(), ids));
            Assert.True(status == 200, $"{operation}: {path} {text}");
            return JsonNode.Parse(text)!;
        }

        if (tag == "Keys" && operation is not "CreateKey")
        {
            ids[(string)Example("Key")["key_id"]!] = (string)(await CreateAsync("/api/2.0/gateway/keys/", Example("KeyInput")))["key_id"]!;
        }
        else if (tag == "Management")
        {
            foreach (var (name, path, input, answer, id) in new[]
            {
                ("secrets", "secrets/create", "SecretInput", "secret", "secret_id"),
                ("model-definitions", "model-definitions/create", "ModelDefinitionInput", "model_definition", "model_definition_id"),
                ("endpoints", "endpoints/create", "NamedEndpointInput", "endpoint", "endpoint_id"),
            })
            {
                if (operation == $"mlflow-{name}-create")
                {
                    return ids;
                }

                var made = (string)(await CreateAsync($"{Managed}/{path}", Example(input)))[answer]![id]!;
                ids[(string)Example(answer switch { "secret" => "Secret", "model_definition" => "ModelDefinition", _ => "NamedEndpoint" })[id]!] = made;
                if (operation == $"mlflow-{name}-delete")
                {
                    return ids;
                }
            }

            await CreateAsync($"{Managed}/endpoints/bindings/create", Example("BindingInput"));
            if (operation == "mlflow-endpoints-models-attach")
            {
                await CreateAsync($"{Managed}/endpoints/models/detach", Example("Detachment"));
            }
        }
        else if (tag != "Keys" && operation is not ("CreateRoute" or "CreateEndpoint"))
        {
            await AddAsync(gateway, "chat", tag == "Routes" ? RouteType.Chat : null, "openai");
            if (operation == "GetTrafficRoute")
            {
                await gateway.AddRouteAsync(new GatewayRoute { Name = "traffic", Id = "e-1", Type = RouteType.Chat, Targets = [gateway.Target(), gateway.Target()], IsSplit = true, IsTrafficRoute = true });
                ids["/chat"] = "/traffic";
            }

            if (tag == "Invocations")
            {
                await AddAsync(gateway, "completions", RouteType.Completions, "openai");
                await AddAsync(gateway, "embeddings", RouteType.Embeddings, "openai");
                foreach (var provider in new[] { "anthropic", "gemini", "cohere", "mistral" })
                {
                    await AddAsync(gateway, provider, null, provider);
                }
            }
        }

        return ids;
    }

    private static Task AddAsync(GatewayUnderTest gateway, string name, RouteType? type, string provider) => gateway.AddRouteAsync(new GatewayRoute
    {
        Name = name,
        Id = "e-" + Guid.NewGuid().ToString("N"),
        Type = type,
        Created = DateTimeOffset.UnixEpoch.AddDays(20_000),
        Targets = [gateway.Target(provider: provider)],
        Options = new RouteOptionSet { AllowProxy = true },
    });
}
