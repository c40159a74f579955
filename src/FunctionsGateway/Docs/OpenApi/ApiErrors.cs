using System.Text.Json.Nodes;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Docs.OpenApi;

/// <summary>The refusals that the description tells of, each with an answer as the gateway writes it.</summary>
internal static class ApiErrors
{
    /// <summary>The tag of endpoints that call providers.</summary>
    public const string InvocationTag = "Invocations";

    private static readonly Dictionary<int, (string Why, string Example)> Words = new()
    {
        [400] = ("The request is at fault.", "The body is not JSON."),
        [401] = ("There is no credential, or one that opens nothing.", "A credential is required."),
        [403] = ("The caller may not do this.", "The key may not manage."),
        [404] = ("There is nothing of this name.", "Route 'chat' does not exist."),
        [409] = ("The name is taken, or a file holds the route.", "Route 'chat' already exists."),
        [412] = ("It was changed since it was read.", "The route was changed since you read it."),
        [413] = ("The body is too large.", "The body is larger than 33554432 bytes."),
        [422] = ("A member of the body is at fault; detail lists every one.", "Field required"),
        [429] = ("A limit is reached, the gateway's or the provider's.", "Rate limit exceeded: 50 per 1 minute"),
        [501] = ("The provider does not offer this.", "The provider does not offer embeddings."),
        [502] = ("The provider could not be reached, refused the gateway's key, or did not answer in its own words.", "The provider could not be reached."),
        [503] = ("Storage or the vault does not answer; nothing was done.", "The storage does not answer."),
        [504] = ("The provider took too long.", "The provider did not answer in time."),
    };

    /// <summary>What an operation may answer beside its success.</summary>
    public static IEnumerable<int> Of(Dialect dialect, string verb, string tag, string? policy, bool hasParameters)
    {
        var isManaging = policy == Policies.Manage;
        var takesBody = HttpMethods.IsPost(verb) || HttpMethods.IsPut(verb) || HttpMethods.IsPatch(verb);
        return new (int Status, bool May)[]
        {
            (400, takesBody),
            (401, policy is not null),
            (403, policy is not null),
            (404, hasParameters || tag == InvocationTag),
            (409, isManaging && takesBody),
            (412, isManaging && !HttpMethods.IsGet(verb) && !HttpMethods.IsPost(verb)),
            (413, takesBody),
            (422, takesBody && dialect == Dialect.Mlflow),
            (429, tag == InvocationTag),
            (501, tag == InvocationTag),
            (502, tag == InvocationTag),
            (503, true),
            (504, tag == InvocationTag),
        }.Where(answer => answer.May).Select(answer => answer.Status);
    }

    /// <summary>The answer with <paramref name="status"/> in the words of <paramref name="dialect"/>.</summary>
    public static JsonObject Response(Dialect dialect, int status)
    {
        var (why, example) = Words[status];
        var refusal = status == 422
            ? GatewayException.Invalid([new Fault("missing", ["body", "messages"], example)])
            : new GatewayException(status, example) { Error = status == 429 ? example : null };
        var body = ErrorBody.Of(dialect, refusal);
        var response = new JsonObject
        {
            ["description"] = why,
            ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Shape(body), ["example"] = body } },
        };
        if (status == 429)
        {
            response["headers"] = new JsonObject
            {
                ["Retry-After"] = Header("Seconds until a call is admitted again; missing when that is long.", "34"),
                ["RateLimit"] = Header("What is left of each limit, and for how long.", "\"minute-user\";r=0;t=34"),
                ["RateLimit-Policy"] = Header("Each limit.", "\"minute-user\";q=50;w=60"),
            };
        }

        return response;
    }

    private static JsonObject Header(string description, string example) =>
        new() { ["description"] = description, ["schema"] = new JsonObject { ["type"] = "string" }, ["example"] = example };

    // The example is the gateway's own answer, so its shape is the schema.
    private static JsonObject Shape(JsonNode? body) => body switch
    {
        JsonObject members => new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(members.Select(member => KeyValuePair.Create<string, JsonNode?>(member.Key, Shape(member.Value)))),
        },
        JsonArray items => new JsonObject { ["type"] = "array", ["items"] = items.Count > 0 ? Shape(items[0]) : new JsonObject() },
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number => new JsonObject { ["type"] = "integer", ["minimum"] = 400, ["maximum"] = 599 },
        JsonValue => new JsonObject { ["type"] = "string" },
        null => new JsonObject { ["type"] = new JsonArray("string", "null") },
        _ => [],
    };
}
