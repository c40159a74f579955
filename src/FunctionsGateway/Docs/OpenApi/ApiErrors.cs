using System.Text.Json.Nodes;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Docs.OpenApi;

/// <summary>The refusals that the description tells of, each with an answer as the gateway writes it.</summary>
internal static class ApiErrors
{
    /// <summary>The tag of endpoints that call providers.</summary>
    public const string InvocationTag = "Invocations";

    private static readonly Dictionary<int, (string Why, GatewayException Refusal)> Words = new()
    {
        [400] = ("The request is at fault.", new(400, "1: JSON decode error")),
        [401] = ("There is no credential, or one that opens nothing.", new(401, "A credential is required.")),
        [403] = ("The caller may not do this.", new(403, "This caller may not invoke routes.")),
        [404] = ("There is nothing of this name.", new(404, "The route 'chat' is not present or active on the server. Please verify the route name.")),
        [409] = ("The name is taken, or a file holds the route.", new(409, "Route 'chat' already exists.") { Code = "RESOURCE_ALREADY_EXISTS" }),
        [412] = ("It was changed since it was read.", new(412, "Route 'chat' has changed since it was read.")),
        [413] = ("The body is too large.", new(413, "The body is larger than 33554432 bytes.")),
        [422] = ("A member of the body is at fault; detail lists every one.", GatewayException.Invalid([new Fault("missing", ["body", "messages"], "Field required")])),
        [429] = ("A limit is reached, the gateway's or the provider's.", new(429, "Rate limit exceeded: 50 per 1 minute") { Error = "Rate limit exceeded: 50 per 1 minute" }),
        [500] = ("Something unforeseen; the log has it under the answer's request id.", new(500, "Internal Server Error")),
        [501] = ("The provider does not offer this.", new(501, "The provider does not offer embeddings.")),
        [502] = ("The provider could not be reached, refused the gateway's key, or did not answer in its own words.", new(502, "The provider could not be reached.")),
        [503] = ("Storage or the vault does not answer; nothing was done.", new(503, "The storage does not answer.")),
        [504] = ("The provider took too long.", new(504, "The provider did not answer in time.")),
    };

    private static readonly GatewayException FilesOwn = new(409, "Endpoint 'chat' comes from the configuration file (source 'file'); change it there.") { Code = "INVALID_STATE" };

    /// <summary>What an operation may answer beside its success, in order.</summary>
    public static IEnumerable<int> Of(Dialect dialect, string tag, string? policy, ApiOperation said)
    {
        var statuses = new SortedSet<int>(said.Refuses);
        if (policy is not null)
        {
            statuses.UnionWith([401, 403, 500, 503]);
        }

        if (said.Body is not null)
        {
            // What MLflow's older paths call unprocessable is a bad request everywhere else.
            statuses.UnionWith([413, dialect == Dialect.Mlflow ? 422 : 400]);
        }

        if (tag == InvocationTag)
        {
            statuses.UnionWith([400, 404, 429, 501, 502, 504]);
        }

        return statuses;
    }

    /// <summary>The answer with <paramref name="status"/> in the words of <paramref name="dialect"/>.</summary>
    public static JsonObject Response(Dialect dialect, int status)
    {
        var (why, refusal) = Words[status];
        var response = new JsonObject
        {
            ["description"] = why,
            ["content"] = new JsonObject
            {
                ["application/json"] = new JsonObject
                {
                    ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{dialect}Error" },
                    ["example"] = ErrorBody.Of(dialect, status == 404 ? Missing(dialect, refusal) : (dialect, status) == (Dialect.Management, 409) ? FilesOwn : refusal),
                },
            },
        };
        if (status is 429 or 503)
        {
            response["headers"] = new JsonObject { ["Retry-After"] = Header("Seconds after which another try may succeed; missing when that is unknown or long.", "34") };
        }

        if (status == 429)
        {
            response["headers"]!["RateLimit"] = Header("What is left of each limit, and for how long.", "\"minute-user\";r=0;t=34");
            response["headers"]!["RateLimit-Policy"] = Header("Each limit.", "\"minute-user\";q=50;w=60");
        }

        return response;
    }

    // Every surface has its own words for it.
    private static GatewayException Missing(Dialect dialect, GatewayException otherwise) => dialect switch
    {
        Dialect.Mlflow => otherwise,
        Dialect.Management => new(404, "GatewayEndpoint not found (name='chat')") { Code = "RESOURCE_DOES_NOT_EXIST" },
        Dialect.OpenAIUnified => new(404, "The model 'chat' does not exist: no route has this name.") { Code = "model_not_found", Param = "model" },
        _ => new(404, "GatewayEndpoint not found (name='chat')")
        {
            Code = "model_not_found",
            Param = "model",
            Detail = new JsonObject { ["error_code"] = "RESOURCE_DOES_NOT_EXIST", ["message"] = "GatewayEndpoint not found (name='chat')" },
        },
    };

    private static JsonObject Header(string description, string example) =>
        new() { ["description"] = description, ["schema"] = new JsonObject { ["type"] = "string" }, ["example"] = example };
}
