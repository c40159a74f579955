using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Access;

/// <summary>Every endpoint × verb × role, held against the table.</summary>
public sealed partial class EndpointPolicyTests
{
    /// <summary>Who may; a new endpoint needs a line here.</summary>
    private const string Table = """
        anyone GET /
        anyone GET /docs/{file?}
        anyone GET /favicon.ico
        anyone GET /health/
        anyone GET /health/live
        anyone GET /openapi.json
        invoke GET /anthropic/v1/models/
        invoke GET /anthropic/v1/models/{model}
        invoke GET /api/2.0/endpoints/
        invoke GET /api/2.0/endpoints/limits/{name}
        invoke GET /api/2.0/endpoints/{name}
        invoke GET /api/2.0/gateway/limits/{name}
        invoke GET /api/2.0/gateway/routes/
        invoke GET /api/2.0/gateway/routes/{name}
        invoke GET /api/3.0/gateway/endpoint/{name}
        invoke GET /api/3.0/gateway/route/{name}
        invoke GET /gateway/anthropic/v1/models/
        invoke GET /gateway/anthropic/v1/models/{model}
        invoke GET /gateway/gemini/v1beta/models/
        invoke GET /gateway/gemini/v1beta/models/{model}
        invoke GET /gateway/mlflow/v1/models/
        invoke GET /gateway/mlflow/v1/models/{model}
        invoke GET /gateway/openai/v1/models/
        invoke GET /gateway/openai/v1/models/{model}
        invoke GET /gateway/routes
        invoke GET /gateway/routes/{name}
        invoke GET /gemini/v1beta/models/
        invoke GET /gemini/v1beta/models/{model}
        invoke GET /mistral/v1/models/
        invoke GET /mistral/v1/models/{model}
        invoke GET /openai/v1/models/
        invoke GET /openai/v1/models/{model}
        invoke GET /v1/models/
        invoke GET /v1/models/{model}
        invoke GET /{api}/{version}/mlflow/gateway/provider-config
        invoke GET /{api}/{version}/mlflow/gateway/secrets/config
        invoke GET /{api}/{version}/mlflow/gateway/supported-models
        invoke GET /{api}/{version}/mlflow/gateway/supported-providers
        invoke POST /anthropic/v1/messages
        invoke POST /anthropic/v1/messages/count_tokens
        invoke POST /cohere/v2/chat
        invoke POST /cohere/v2/embed
        invoke POST /cohere/v2/rerank
        invoke POST /endpoints/{name}/invocations
        invoke POST /gateway/anthropic/v1/messages
        invoke POST /gateway/anthropic/v1/messages/count_tokens
        invoke POST /gateway/gemini/v1beta/models/{name}:batchEmbedContents
        invoke POST /gateway/gemini/v1beta/models/{name}:countTokens
        invoke POST /gateway/gemini/v1beta/models/{name}:embedContent
        invoke POST /gateway/gemini/v1beta/models/{name}:generateContent
        invoke POST /gateway/gemini/v1beta/models/{name}:streamGenerateContent
        invoke POST /gateway/mlflow/v1/chat/completions
        invoke POST /gateway/mlflow/v1/completions
        invoke POST /gateway/mlflow/v1/embeddings
        invoke POST /gateway/openai/v1/chat/completions
        invoke POST /gateway/openai/v1/completions
        invoke POST /gateway/openai/v1/embeddings
        invoke POST /gateway/openai/v1/responses
        invoke POST /gateway/openai/v1/responses/compact
        invoke POST /gateway/proxy/{name}/{*path:minlength(1)}
        invoke POST /gateway/routes/{name}
        invoke POST /gateway/{name}/invocations
        invoke POST /gateway/{name}/mlflow/invocations
        invoke POST /gemini/v1beta/models/{name}:batchEmbedContents
        invoke POST /gemini/v1beta/models/{name}:countTokens
        invoke POST /gemini/v1beta/models/{name}:embedContent
        invoke POST /gemini/v1beta/models/{name}:generateContent
        invoke POST /gemini/v1beta/models/{name}:streamGenerateContent
        invoke POST /mistral/v1/chat/completions
        invoke POST /mistral/v1/embeddings
        invoke POST /mistral/v1/fim/completions
        invoke POST /openai/deployments/{name}/chat/completions
        invoke POST /openai/deployments/{name}/completions
        invoke POST /openai/deployments/{name}/embeddings
        invoke POST /openai/v1/chat/completions
        invoke POST /openai/v1/completions
        invoke POST /openai/v1/embeddings
        invoke POST /openai/v1/responses
        invoke POST /openai/v1/responses/compact
        invoke POST /v1/chat/completions
        invoke POST /v1/completions
        invoke POST /v1/embeddings
        invoke POST /v1/responses
        invoke POST /v1/responses/compact
        manage ANY /{api}/{version}/mlflow/gateway-proxy
        manage ANY /{api}/{version}/mlflow/gateway/budgets/{operation}
        manage ANY /{api}/{version}/mlflow/gateway/guardrails/{operation}
        manage ANY /{api}/{version}/mlflow/gateway/{kind}/permissions/{operation}
        manage ANY /{api}/{version}/mlflow/users/permissions/{operation}
        manage DELETE /api/2.0/endpoints/{name}
        manage DELETE /api/2.0/gateway/keys/{keyId}
        manage DELETE /api/2.0/gateway/routes/{name}
        manage DELETE /{api}/{version}/mlflow/gateway/endpoints/bindings/delete
        manage DELETE /{api}/{version}/mlflow/gateway/endpoints/delete
        manage DELETE /{api}/{version}/mlflow/gateway/endpoints/delete-tag
        manage DELETE /{api}/{version}/mlflow/gateway/model-definitions/delete
        manage DELETE /{api}/{version}/mlflow/gateway/secrets/delete
        manage GET /api/2.0/gateway/keys/
        manage GET /api/2.0/gateway/keys/{keyId}
        manage GET /{api}/{version}/mlflow/gateway/endpoints/bindings/list
        manage GET /{api}/{version}/mlflow/gateway/endpoints/get
        manage GET /{api}/{version}/mlflow/gateway/endpoints/list
        manage GET /{api}/{version}/mlflow/gateway/model-definitions/get
        manage GET /{api}/{version}/mlflow/gateway/model-definitions/list
        manage GET /{api}/{version}/mlflow/gateway/secrets/get
        manage GET /{api}/{version}/mlflow/gateway/secrets/list
        manage PATCH /api/2.0/endpoints/{name}
        manage PATCH /api/2.0/gateway/keys/{keyId}
        manage PATCH /api/2.0/gateway/routes/{name}
        manage PATCH /{api}/{version}/mlflow/gateway/endpoints/update
        manage PATCH /{api}/{version}/mlflow/gateway/model-definitions/update
        manage PATCH /{api}/{version}/mlflow/gateway/secrets/update
        manage POST /api/2.0/endpoints/
        manage POST /api/2.0/endpoints/limits/
        manage POST /api/2.0/gateway/keys/
        manage POST /api/2.0/gateway/keys/{keyId}/rotate
        manage POST /api/2.0/gateway/limits/
        manage POST /api/2.0/gateway/routes/
        manage POST /{api}/{version}/mlflow/gateway/endpoints/bindings/create
        manage POST /{api}/{version}/mlflow/gateway/endpoints/create
        manage POST /{api}/{version}/mlflow/gateway/endpoints/models/attach
        manage POST /{api}/{version}/mlflow/gateway/endpoints/models/detach
        manage POST /{api}/{version}/mlflow/gateway/endpoints/set-tag
        manage POST /{api}/{version}/mlflow/gateway/endpoints/update
        manage POST /{api}/{version}/mlflow/gateway/model-definitions/create
        manage POST /{api}/{version}/mlflow/gateway/model-definitions/update
        manage POST /{api}/{version}/mlflow/gateway/secrets/create
        manage POST /{api}/{version}/mlflow/gateway/secrets/update
        manage PUT /api/2.0/endpoints/{name}
        manage PUT /api/2.0/gateway/routes/{name}
        """;

    [Fact]
    public async Task Every_endpoint_has_the_policy_of_the_table()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        await gateway.SendAsync("GET", "/health/live");

        Assert.Equal(Table.Split('\n', StringSplitOptions.TrimEntries), Endpoints(gateway));
    }

    [Fact]
    public async Task Every_endpoint_admits_whom_the_table_names_and_no_one_else()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var invoker = await gateway.NewKeyAsync(["invoke"]);
        var manager = await gateway.NewKeyAsync(["manage"]);
        await gateway.SendAsync("GET", "/health/live");

        foreach (var line in Endpoints(gateway))
        {
            var (policy, method, path) = (line.Split(' ')[0], line.Split(' ')[1].Replace("ANY", "POST", StringComparison.Ordinal), Concrete(line.Split(' ')[2]));
            var reads = method == "GET";
            await ExpectAsync(null, policy == "anyone" ? null : 401);
            await ExpectAsync("fgw_not-a-key", 401);
            await ExpectAsync(invoker, policy == "manage" ? 403 : null);
            await ExpectAsync(manager, policy == "invoke" && !reads ? 403 : null);
            await ExpectAsync(gateway.Key, null);

            async Task ExpectAsync(string? key, int? refusal)
            {
                var (status, _) = await gateway.SendAsync(
                    method, path, reads ? null : "{}",
                    key is null ? [] : [("Authorization", $"Bearer {key}")]);
                Assert.True(refusal is { } expected ? status == expected : status is not 401 and not 403, $"{line}: {status} for {(key is null ? "a stranger" : key[..12])}, not {refusal}.");
            }
        }
    }

    /// <summary>Every verb on every path: those of the table admit as it says; every other admits nobody.</summary>
    [Fact]
    public async Task Every_verb_of_every_endpoint_admits_whom_the_table_names_and_no_one_else()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var invoker = await gateway.NewKeyAsync(["invoke"]);
        var manager = await gateway.NewKeyAsync(["manage"]);
        var faults = new List<string>();
        foreach (var path in Table.Split('\n', StringSplitOptions.TrimEntries).Select(line => line.Split(' ')).GroupBy(parts => Concrete(parts[2])))
        {
            foreach (var verb in new[] { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" })
            {
                var policy = path.FirstOrDefault(parts => parts[1] == verb || parts[1] == "ANY")?[0];
                foreach (var (role, key) in new[] { ("stranger", null), ("made-up", "fgw_not-a-key"), ("invoker", invoker), ("manager", manager), ("both", gateway.Key) })
                {
                    var status = await StatusAsync(verb, path.Key, key);
                    var isRight = (policy, role) switch
                    {
                        (_, "made-up") => status == 401,
                        ("anyone", _) => status is not 401 and not 403,
                        (null, "stranger") => status is 401 or 404 or 405,
                        (_, "stranger") => status == 401,
                        (null, "invoker") => status is 403 or 404 or 405,
                        (null, _) => status is 404 or 405,
                        ("manage", "invoker") => status == 403,
                        ("invoke", "manager") => verb == "GET" ? status is not 401 and not 403 : status == 403,
                        _ => status is not 401 and not 403,
                    };
                    if (!isRight)
                    {
                        faults.Add($"{policy ?? "no"} {verb} {path.Key}: {status} for {role}");
                    }
                }
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count}:\n{string.Join('\n', faults)}");

        async Task<int> StatusAsync(string verb, string path, string? key)
        {
            using var answer = await gateway.AskAsync(verb, path, verb is "GET" or "HEAD" or "OPTIONS" ? null : "{}", key is null ? [] : [("Authorization", $"Bearer {key}")]);
            return (int)answer.StatusCode;
        }
    }

    /// <summary>What a confined key may call: its own route; a foreign one is to it as one that does not exist, down to the last byte and header.</summary>
    [Fact]
    public async Task Every_endpoint_keeps_a_foreign_route_from_a_confined_key()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("openai", "sk-1", gateway.Origin);
        foreach (var (name, isTraffic) in new[] { ("plain-own", false), ("plain-els", false), ("mixed-own", true), ("mixed-els", true) })
        {
            await PutAsync(gateway, name, isTraffic);
        }

        var confined = await gateway.NewKeyAsync(["invoke"], ["plain-own", "mixed-own"]);
        await gateway.SendAsync("GET", "/health/live");
        var (named, lists) = (0, 0);
        foreach (var line in Endpoints(gateway).Where(line => line.StartsWith("invoke", StringComparison.Ordinal)))
        {
            var (method, template) = (line.Split(' ')[1], line.Split(' ')[2]);
            if (method == "GET" && !Parameters().IsMatch(template.Replace("{api}/{version}", "", StringComparison.Ordinal)))
            {
                // Lists, which name the own and never the foreign; what is no list of routes names neither.
                var (status, body) = await gateway.SendAsync(method, Concrete(template), null, ("x-api-key", confined));
                Assert.InRange(status, 200, 400);
                Assert.DoesNotContain("-els", body, StringComparison.Ordinal);
                lists += body.Contains("-own", StringComparison.Ordinal) ? 1 : 0;
                continue;
            }

            named++;
            // A traffic route stands behind paths of its own.
            var kind = template.Contains("3.0/gateway/route/", StringComparison.Ordinal) ? "mixed" : "plain";
            var (own, foreign, none) = (await AskAsync($"{kind}-own"), await AskAsync($"{kind}-els"), await AskAsync($"{kind}-non"));
            Assert.True(none.Status == 404, $"{line}: {none}");
            // Its own is found; what then becomes of so short a call is the provider's to say.
            Assert.True(own.Status != 404 || own.Text.Contains("X-Gateway-Target", StringComparison.Ordinal), $"{line}: {own}");
            Assert.True(none == foreign, $"{line}: {foreign}, but {none} for what does not exist.");

            async Task<(int Status, string Text)> AskAsync(string name)
            {
                // A body that is whole enough for every surface to look for its route.
                var json = method == "GET" ? null : template.Contains("{name}", StringComparison.Ordinal) ? "{}" : $$"""{"model":"{{name}}"}""";
                var (status, text) = await gateway.SendAsync(method, Concrete(template, name), json, ("x-api-key", confined));
                return (status, Changing().Replace(text.Replace(name, "NAME", StringComparison.Ordinal), ""));
            }
        }

        // Both kinds were met.
        Assert.InRange(named, 60, 200);
        Assert.InRange(lists, 10, 50);
    }

    private static async Task PutAsync(GuardedGateway gateway, string name, bool isTraffic)
    {
        Target target = new()
        {
            Id = "m-" + name, DefinitionId = "d-" + name, Provider = "openai", Model = "echo",
            Config = new JsonObject { ["openai_api_key"] = "keyvault:openai", ["openai_api_base"] = $"{gateway.Provider.Address}v1" },
        };
        var route = new GatewayRoute { Name = name, Id = "e-" + name, Targets = [target], IsTrafficRoute = isTraffic, Options = new RouteOptionSet { AllowProxy = true } };
        await gateway.PutAsync(route);
    }

    private static string[] Endpoints(GuardedGateway gateway) =>
    [
        .. gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method =>
                $"{PolicyOf(endpoint)} {method} {Constraints().Replace(endpoint.RoutePattern.RawText!, "{$1}")}"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A path for a template: of a route, a key and a model that do not exist.</summary>
    private static string Concrete(string template, string name = "none") => Parameters().Replace(template, match => match.Value switch
    {
        "{keyId}" => "0123456789abcdef",
        "{api}" => "ajax-api",
        "{version}" => "3.0",
        "{kind}" => "secrets",
        "{file?}" => "",
        "{*path:minlength(1)}" => "v1/chat/completions",
        _ => name,
    });

    [GeneratedRegex(@"\{(api|version|kind):regex\(.*?\$\)\}")]
    private static partial Regex Constraints();

    // What no two answers share.
    [GeneratedRegex("(?m)^(Date|X-Request-ID|X-MLflow-Gateway-.*?): .*$|[0-9a-f]{32}")]
    private static partial Regex Changing();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameters();

    private static string PolicyOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
        ? "anyone"
        : endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy ?? "none";
}
