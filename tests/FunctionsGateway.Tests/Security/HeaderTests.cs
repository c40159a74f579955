using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Security;

/// <summary>What passes the gateway's two doors on every surface: no credential or cookie of a client's on the way up, nothing of a provider's server on the way down.</summary>
public sealed class HeaderTests : IAsyncLifetime
{
    private const string Chat = """{"model":"openai","messages":[{"role":"user","content":"hi"}]}""";

    private readonly (string Name, string Value)[] _serverHeaders =
    [
        ("Set-Cookie", "session=provider"), ("Server", "nginx"), ("X-Powered-By", "php"), ("Via", "1.1 x"), ("Keep-Alive", "timeout=5"), ("Proxy-Authenticate", "Basic"),
        ("WWW-Authenticate", "Basic"), ("Upgrade", "h2c"), ("Trailer", "X-T"), ("Alt-Svc", "h3=\":443\""), ("Location", "http://127.0.0.2/"), ("X-Internal", "1"), ("openai-organization", "org"),
        ("Access-Control-Allow-Origin", "*"), ("Strict-Transport-Security", "max-age=1"), ("Clear-Site-Data", "\"*\""), ("Refresh", "0;url=http://127.0.0.2/"), ("Link", "</a>; rel=preload"),
        ("Content-Disposition", "attachment"), ("Content-Language", "en"), ("ETag", "\"a\""), ("Content-Security-Policy", "default-src *"), ("x-ratelimit-remaining-requests", "9"),
    ];

    private GuardedGateway _gateway = null!;
    private AnyProvider _provider = null!;
    private (int Status, string Type, string Body) _answer = (200, "application/json", "{}");

    public async Task InitializeAsync()
    {
        _gateway = await GuardedGateway.StartAsync();
        _provider = await AnyProvider.StartAsync((context, _) => AnyProvider.WriteAsync(context, _answer.Type, Encoding.UTF8.GetBytes(_answer.Body), _answer.Status, _serverHeaders));
        _gateway.Vault.Set("key", "sk-of-the-route", _provider.Address);
        foreach (var (name, config) in new[]
        {
            ("openai", """{"openai_api_key":"keyvault:key","openai_api_base":"BASE/v1"}"""),
            ("anthropic", """{"anthropic_api_key":"keyvault:key","anthropic_api_base":"BASE/v1"}"""),
            ("gemini", """{"gemini_api_key":"keyvault:key","gemini_api_base":"BASE"}"""),
            ("cohere", """{"cohere_api_key":"keyvault:key","cohere_api_base":"BASE"}"""),
            ("mistral", """{"mistral_api_key":"keyvault:key","mistral_api_base":"BASE/v1"}"""),
            ("azure", """{"openai_api_key":"keyvault:key","openai_api_base":"BASE","openai_deployment_name":"d","openai_api_version":"2024-10-21"}"""),
        })
        {
            await PutAsync(name, config);
        }
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _provider.DisposeAsync();
    }

    /// <summary>Every way in, and where the route's own key stands on the way out.</summary>
    public static TheoryData<string, string, string, string> Surfaces => new()
    {
        { "/gateway/openai/invocations", Chat.Replace("\"model\":\"openai\",", "", StringComparison.Ordinal), "Authorization", "Bearer sk-of-the-route" },
        { "/endpoints/anthropic/invocations", Chat.Replace("\"model\":\"openai\",", "", StringComparison.Ordinal), "x-api-key", "sk-of-the-route" },
        { "/gateway/routes/openai", """{"messages":[{"role":"user","content":"hi"}]}""", "Authorization", "Bearer sk-of-the-route" },
        { "/gateway/gemini/mlflow/invocations", """{"messages":[{"role":"user","content":"hi"}]}""", "x-goog-api-key", "sk-of-the-route" },
        { "/v1/chat/completions", Chat, "Authorization", "Bearer sk-of-the-route" },
        { "/gateway/mlflow/v1/chat/completions", Chat, "Authorization", "Bearer sk-of-the-route" },
        { "/openai/deployments/azure/chat/completions", """{"messages":[{"role":"user","content":"hi"}]}""", "api-key", "sk-of-the-route" },
        { "/gateway/openai/v1/chat/completions", Chat, "Authorization", "Bearer sk-of-the-route" },
        { "/gateway/openai/v1/responses", """{"model":"openai","input":"hi"}""", "Authorization", "Bearer sk-of-the-route" },
        { "/anthropic/v1/messages", """{"model":"anthropic","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", "x-api-key", "sk-of-the-route" },
        { "/gemini/v1beta/models/gemini:generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "x-goog-api-key", "sk-of-the-route" },
        { "/cohere/v2/chat", """{"model":"cohere","messages":[{"role":"user","content":"hi"}]}""", "Authorization", "Bearer sk-of-the-route" },
        { "/mistral/v1/chat/completions", Chat.Replace("openai", "mistral", StringComparison.Ordinal), "Authorization", "Bearer sk-of-the-route" },
        { "/gateway/proxy/openai/v1/anything", "{}", "Authorization", "Bearer sk-of-the-route" },
        { "/gateway/proxy/anthropic/v1/messages", "{}", "x-api-key", "sk-of-the-route" },
    };

    private static string[] KeyForms(string key) =>
    [
        $"Authorization: Bearer {key}", $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"any:{key}"))}", $"x-api-key: {key}", $"api-key: {key}", $"x-goog-api-key: {key}",
        $"x-functions-key: {key}", $"X-MLflow-Authorization: Bearer {key}", $"X-MLflow-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"any:{key}"))}",
    ];

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task Sends_no_credential_of_the_clients_to_a_provider(string path, string body, string header, string value)
    {
        foreach (var form in KeyForms(_gateway.Key))
        {
            var sent = _provider.Requests.Count;
            var (name, text) = (form.Split(": ", 2)[0], form.Split(": ", 2)[1]);
            // The key of the provider's own that a client insists on is not the route's.
            (string, string)[] own = name == "X-MLflow-Authorization" ? [("Authorization", "Bearer sk-of-the-client")] : [];
            await _gateway.SendAsync("POST", path, body, [
                (name, text), .. own, ("Cookie", $"session=client; key={_gateway.Key}"), ("Proxy-Authorization", $"Bearer {_gateway.Key}"), ("X-Forwarded-For", "10.0.0.1"),
                ("X-MS-CLIENT-PRINCIPAL", "cHJpbmNpcGFs"), ("X-MS-TOKEN-AAD-ACCESS-TOKEN", "token-of-the-client"), ("X-Gateway-Caller", "client"), ("OpenAI-Organization", "org-of-the-client"),
            ]);

            var request = _provider.Requests.Skip(sent).First();
            Assert.Equal(value, request.Headers[header]);
            var whole = $"{request.Target}\n{string.Join('\n', request.Headers.Select(pair => $"{pair.Key}: {pair.Value}"))}\n{request.Body}";
            foreach (var secret in new[] { _gateway.Key, text.Split(' ')[^1], "session=", "-of-the-client", "cHJpbmNpcGFs", "10.0.0.1" })
            {
                Assert.DoesNotContain(secret, whole, StringComparison.Ordinal);
            }

            string[] allowed = ["Accept-Encoding", "Content-Length", "Content-Type", "Host", "anthropic-version", "Transfer-Encoding", header];
            Assert.Empty(request.Headers.Keys.Except(allowed, StringComparer.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task Takes_no_key_from_a_query_or_a_cookie(string path, string body, string header, string value)
    {
        foreach (var name in new[] { "key", "code", "api_key", "api-key", "access_token", "token", "x-api-key", "x-functions-key", "subscription-key", "authorization" })
        {
            Assert.Equal(401, (await _gateway.SendAsync("POST", $"{path}?{name}={_gateway.Key}", body)).Status);
            Assert.Equal(401, (await _gateway.SendAsync("POST", path, body, ("Cookie", $"{name}={_gateway.Key}"))).Status);
        }

        Assert.Empty(_provider.Requests);
        // And one that stands there besides goes no further.
        await _gateway.SendAsync("POST", $"{path}?key={_gateway.Key}", body, ("x-api-key", _gateway.Key));
        Assert.DoesNotContain(_gateway.Key, _provider.Requests.First().Target, StringComparison.Ordinal);
        Assert.Equal(value, _provider.Requests.First().Headers[header]);
    }

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task Brings_nothing_of_a_providers_server_down(string path, string body, string header, string value)
    {
        Assert.NotEqual(header, value);
        var stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n";
        foreach (var answer in new[]
        {
            (200, "application/json", """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"""), (200, "text/event-stream", stream),
            (400, "application/json", """{"error":{"message":"no"}}"""), (404, "text/html", "<html>"), (301, "application/json", "{}"),
        })
        {
            _answer = answer;
            var json = JsonNode.Parse(body)!.AsObject();
            if (answer.Item2 == "text/event-stream" && !path.Contains("gemini:", StringComparison.Ordinal))
            {
                json["stream"] = true;
            }

            using var got = await _gateway.AskAsync("POST", path, json.ToJsonString(), ("x-api-key", _gateway.Key));

            Assert.NotEmpty(_provider.Requests);
            // The limits of the provider's are for the client to know; all others end here.
            var names = got.Headers.Concat(got.Content.Headers).Select(one => one.Key).ToArray();
            string[] kept = ["x-ratelimit-remaining-requests"];
            Assert.Empty(names.Intersect(_serverHeaders.Select(one => one.Name).Except(kept), StringComparer.OrdinalIgnoreCase));
            Assert.DoesNotContain("session=provider", got.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\nX-Evil: 1")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    public async Task Refuses_a_header_that_a_routes_configuration_would_break(string value)
    {
        var config = new JsonObject { ["openai_api_key"] = "keyvault:key", ["openai_api_base"] = _provider.Address + "/v1", ["openai_organization"] = value };
        var (status, _) = await _gateway.SendAsync(
            "POST", "/api/2.0/gateway/routes/",
            new JsonObject { ["name"] = "made", ["route_type"] = "llm/v1/chat", ["model"] = new JsonObject { ["name"] = "m", ["provider"] = "openai", ["config"] = config } }.ToJsonString(),
            ("x-api-key", _gateway.Key));
        Assert.Equal(422, status);

        // And had it come into the table by another way, no request would be made of it.
        await PutAsync("stored", config.ToJsonString(), "openai");
        (status, var body) = await _gateway.InvokeAsync("stored");
        Assert.Equal(503, status);
        Assert.Contains("line break or a NUL", body, StringComparison.Ordinal);
        Assert.Empty(_provider.Requests);
    }

    private Task PutAsync(string name, string config, string? provider = null) => _gateway.PutAsync(new GatewayRoute
    {
        Name = name,
        Id = "e-" + name,
        Options = new RouteOptionSet { AllowProxy = true },
        Targets =
        [
            new Target
            {
                Id = "m-" + name, DefinitionId = "d-" + name, Provider = provider ?? name, Model = "m",
                Config = JsonNode.Parse(config.Replace("BASE", _provider.Address, StringComparison.Ordinal))!.AsObject(),
            },
        ],
    });
}
