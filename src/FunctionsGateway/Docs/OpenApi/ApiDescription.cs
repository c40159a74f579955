using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace FunctionsGateway.Docs.OpenApi;

/// <summary>The OpenAPI 3.1 description of the gateway, made from what its endpoints say of themselves.</summary>
internal static class ApiDescription
{
    private static readonly string[] TagOrder = ["Routes", ApiErrors.InvocationTag, "Models", "Limits", "Keys"];

    /// <summary>The description of <paramref name="endpoints"/>; those that are excluded from description or have no name are left out.</summary>
    public static JsonObject Of(IEnumerable<Endpoint> endpoints)
    {
        // In the order in which the endpoints are declared, which is that in which one meets them.
        var paths = new OrderedDictionary<string, JsonObject>();
        var responses = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var endpoint in endpoints.OfType<RouteEndpoint>().Where(IsDescribed))
        {
            var path = PathOf(endpoint.RoutePattern);
            var operations = paths.GetValueOrDefault(path) ?? [];

            // An endpoint without verbs refuses whatever comes, and is no operation.
            var verbs = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];
            foreach (var verb in verbs)
            {
                var operation = Operation(endpoint, path, verb, responses);
                if (verb != verbs[0])
                {
                    operation["operationId"] = $"{operation["operationId"]}-{verb.ToLowerInvariant()}";
                }

                operations.TryAdd(verb.ToLowerInvariant(), operation);
                paths.TryAdd(path, operations);
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "FunctionsGateway",
                ["version"] = "1.0.0",
                ["description"] = "One door to many LLM providers: one address, one kind of request, keys that nobody sees. "
                    + "Create a route, invoke it by its name, and limit who calls how often.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "This gateway." }),
            ["tags"] = new JsonArray([.. paths.Values.SelectMany(operations => operations).Select(operation => (string)operation.Value!["tags"]![0]!)
                .Distinct().OrderBy(TagRank).ThenBy(tag => tag, StringComparer.Ordinal).Select(tag => (JsonNode)new JsonObject { ["name"] = tag })]),
            ["paths"] = new JsonObject(paths.Select(path => KeyValuePair.Create<string, JsonNode?>(path.Key, path.Value))),
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["gateway_key"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "A gateway key or an Entra ID token. A gateway on your own machine needs none.",
                    },
                },
                ["schemas"] = ApiSchemas.All(),
                ["responses"] = new JsonObject(responses.Select(response => KeyValuePair.Create<string, JsonNode?>(response.Key, response.Value))),
            },
        };
    }

    // As one meets them; the page shows them in this order.
    private static int TagRank(string tag) => Array.IndexOf(TagOrder, tag) is >= 0 and var rank ? rank : TagOrder.Length;

    private static bool IsDescribed(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IEndpointNameMetadata>() is not null && endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>()?.ExcludeFromDescription != true;

    private static JsonObject Operation(RouteEndpoint endpoint, string path, string verb, SortedDictionary<string, JsonObject> responses)
    {
        var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;
        var tag = endpoint.Metadata.GetMetadata<ITagsMetadata>()?.Tags is [var first, ..] ? first : "Gateway";
        var policy = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
        var said = ApiSchemas.OfOperation(name);

        var operation = new JsonObject
        {
            ["operationId"] = name,
            ["summary"] = endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary,
            ["tags"] = new JsonArray(tag),
        };
        if (Parameters(endpoint, said) is { Count: > 0 } parameters)
        {
            operation["parameters"] = parameters;
        }

        if (said.Body is not null)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(said.Body) };
        }

        var answer = Json(said.Answer!);
        if (said.Stream is not null)
        {
            answer["text/event-stream"] = new JsonObject
            {
                ["schema"] = new JsonObject { ["type"] = "string", ["description"] = "Server-sent events, when the body says \"stream\": true or the path says so." },
                ["example"] = ApiSchemas.StreamExample(said.Stream),
            };
        }

        var answers = new JsonObject { ["200"] = new JsonObject { ["description"] = "The answer.", ["content"] = answer } };
        var dialect = Dialects.Of(path.Replace("/{api}/{version}/", "/api/3.0/", StringComparison.Ordinal));
        foreach (var status in ApiErrors.Of(dialect, tag, policy, said))
        {
            var key = $"{dialect}{status}";
            responses.TryAdd(key, ApiErrors.Response(dialect, status));
            answers[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = said.Answer == "Health"
                ? new JsonObject { ["description"] = "It cannot serve.", ["content"] = Json("Health", example: 1) }
                : new JsonObject { ["$ref"] = $"#/components/responses/{key}" };
        }

        operation["responses"] = answers;
        operation["security"] = policy is null ? new JsonArray() : new JsonArray(new JsonObject { ["gateway_key"] = new JsonArray() }, new JsonObject());
        return operation;
    }

    private static JsonObject Json(string schema, int example = 0) => new()
    {
        ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" }, ["example"] = ApiSchemas.Example(schema, example) },
    };

    private static JsonArray Parameters(RouteEndpoint endpoint, ApiOperation said)
    {
        var parameters = new JsonArray([.. endpoint.RoutePattern.Parameters.Select(parameter => ApiSchemas.Parameter(parameter.Name, "path"))]);
        foreach (var (name, schema, isRequired) in said.Query is { } query ? ApiSchemas.Members(query) : [])
        {
            var (description, example) = (schema["description"]!.DeepClone(), schema["examples"]![0]!.DeepClone());
            schema.Remove("description");
            schema.Remove("examples");
            parameters.Add(new JsonObject { ["name"] = name, ["in"] = "query", ["required"] = isRequired, ["description"] = description, ["schema"] = schema, ["example"] = example });
        }

        if (said.Refuses.Contains(412))
        {
            parameters.Add(ApiSchemas.Parameter("If-Match", "header"));
        }

        return parameters;
    }

    private static string PathOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        _ => "",
    })))) + (pattern.PathSegments.Count > 0 && pattern.RawText?.EndsWith('/') == true ? "/" : "");
}
