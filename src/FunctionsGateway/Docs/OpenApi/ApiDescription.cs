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
        var schemas = ApiSchemas.OfOperation(name);
        var takesBody = HttpMethods.IsPost(verb) || HttpMethods.IsPut(verb) || HttpMethods.IsPatch(verb);

        var operation = new JsonObject
        {
            ["operationId"] = name,
            ["summary"] = endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary,
            ["tags"] = new JsonArray(tag),
        };
        if (Parameters(endpoint, name, verb, tag) is { Count: > 0 } parameters)
        {
            operation["parameters"] = parameters;
        }

        if (takesBody)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(schemas.Body) };
        }

        var answer = Json(schemas.Answer);
        if (tag == ApiErrors.InvocationTag && schemas.Answer != "EmbeddingsAnswer")
        {
            answer["text/event-stream"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["description"] = "Server-sent events, when the body says \"stream\": true." } };
        }

        var answers = new JsonObject { ["200"] = new JsonObject { ["description"] = "The answer.", ["content"] = answer } };
        var dialect = Dialects.Of(path);
        foreach (var status in ApiErrors.Of(dialect, verb, tag, policy, endpoint.RoutePattern.Parameters.Count > 0))
        {
            var key = $"{dialect}{status}";
            responses.TryAdd(key, ApiErrors.Response(dialect, status));
            answers[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new JsonObject { ["$ref"] = $"#/components/responses/{key}" };
        }

        operation["responses"] = answers;
        operation["security"] = policy is null ? new JsonArray() : new JsonArray(new JsonObject { ["gateway_key"] = new JsonArray() }, new JsonObject());
        return operation;
    }

    private static JsonObject Json(string? schema)
    {
        var content = new JsonObject { ["schema"] = schema is null ? new JsonObject { ["type"] = "object" } : new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" } };
        if (schema is not null && ApiSchemas.Example(schema) is { } example)
        {
            content["example"] = example;
        }

        return new JsonObject { ["application/json"] = content };
    }

    private static JsonArray Parameters(RouteEndpoint endpoint, string name, string verb, string tag)
    {
        static JsonNode Parameter(string name, string place, string description, string example) => new JsonObject
        {
            ["name"] = name,
            ["in"] = place,
            ["required"] = place == "path",
            ["description"] = description,
            ["schema"] = new JsonObject { ["type"] = "string" },
            ["example"] = example,
        };

        var parameters = new JsonArray([.. endpoint.RoutePattern.Parameters.Select(parameter => Parameter(parameter.Name, "path", parameter.Name is "name" or "model" ? "The route's name." : "Part of the path.", "chat"))]);
        if (name.StartsWith("List", StringComparison.Ordinal) && ApiSchemas.OfOperation(name).Answer?.EndsWith("Page", StringComparison.Ordinal) == true)
        {
            parameters.Add(Parameter("page_token", "query", "The next_page_token of the page before.", ""));
        }

        if (tag == "Routes" && !HttpMethods.IsGet(verb) && !HttpMethods.IsPost(verb))
        {
            parameters.Add(Parameter("If-Match", "header", "The ETag that was read; the change is refused (412) when there was another since.", "\"1\""));
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
